"""Gives each session a folder of its own, unless the task or its agent names one."""

import asyncio
from pathlib import Path

from adapters.workspace.folder_name import folder_name, session_folder_name
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
            folder = self._of_session(task) if named is None else Path(named).expanduser()
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            return str(folder.absolute())
        except (OSError, ValueError, RuntimeError) as error:
            shown = "the session's folder" if named is None else repr(named)
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise StartFailed(f"cannot work in {shown}: {reason}") from error

    def _of_session(self, task: Task) -> Path:
        """The folders above the session's are made here, because `mkdir` leaves them open."""
        folder = self._root
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        principal = task.principal
        owner = (folder_name(principal.tenant), folder_name(principal.owner))
        for name in (*owner, session_folder_name(task.session_id, task.session_key)):
            folder /= name
            folder.mkdir(mode=_PRIVATE, exist_ok=True)
        return folder
