"""A folder for each session, unless the task or its agent names one."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from adapters.system.folder_trees import size_of_tree
from adapters.workspace.folder_check import FolderCheck
from adapters.workspace.session_folder import made_session_folder
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput, StartFailed
from domain.task import Task

_PRIVATE = 0o700


class FolderWorkspaces:
    """With `fixed`, all sessions use that folder."""

    def __init__(
        self,
        *,
        root: Path,
        fixed: str | None,
        check: FolderCheck,
        max_bytes: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`max_bytes` limits each session's folder; it is called for each check."""
        self._root = root
        self._max_bytes = max_bytes
        self._fixed = fixed
        self._check = check

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return await asyncio.to_thread(self._made, task, self._named(profile, task))

    async def excess(self, folder: str) -> str | None:
        return await asyncio.to_thread(self._excess, Path(folder))

    async def check(self, profile: AgentProfile, task: Task | None = None) -> None:
        if (named := self._named(profile, task)) is not None:
            await asyncio.to_thread(self._check.real, named, task)

    def _excess(self, folder: Path) -> str | None:
        most = self._max_bytes()
        if most is None or Path(os.path.realpath(self._root)) not in folder.parents:
            return None
        taken = size_of_tree(folder)
        return None if taken <= most else f"its workspace takes {taken} bytes, more than {most}"

    def _named(self, profile: AgentProfile, task: Task | None) -> str | None:
        chosen = None if task is None else task.workspace
        return chosen or profile.workspace or self._fixed

    def _made(self, task: Task, named: str | None) -> str:
        try:
            if named is None:
                return str(self._own(task))
            Path(self._check.real(named, task)).mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            # Checked again now that it exists; the path that is returned has no links.
            return self._check.real(named, task)
        except InvalidInput as error:
            raise StartFailed(str(error)) from error
        except (OSError, ValueError, RuntimeError) as error:
            shown = "the session's folder" if named is None else repr(named)
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise StartFailed(f"cannot work in {shown}: {reason}") from error

    def _own(self, task: Task) -> Path:
        root = Path(os.path.realpath(self._root))
        folder = made_session_folder(root, task)
        if os.path.realpath(folder) != str(folder):
            raise StartFailed("cannot work in the session's folder: a link has taken its place")
        return folder
