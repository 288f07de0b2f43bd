"""Gives each session a folder of its own, unless the task or its agent names one."""

import asyncio
from pathlib import Path

from adapters.workspace.session_folder import made_session_folder
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.task import Task

_PRIVATE = 0o700


class FolderWorkspaces:
    """With `fixed`, that folder is used by all sessions instead of one for each."""

    def __init__(self, *, root: Path, fixed: str | None) -> None:
        self._root = root
        self._fixed = fixed

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        named = task.workspace or profile.workspace or self._fixed
        return await asyncio.to_thread(self._made, task, named)

    def _made(self, task: Task, named: str | None) -> str:
        try:
            if named is None:
                return str(made_session_folder(self._root, task).absolute())
            folder = Path(named).expanduser()
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            return str(folder.absolute())
        except (OSError, ValueError, RuntimeError) as error:
            shown = "the session's folder" if named is None else repr(named)
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise StartFailed(f"cannot work in {shown}: {reason}") from error
