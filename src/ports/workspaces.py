"""The folders that tasks work in."""

from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.task import Task


class Workspaces(Protocol):
    async def folder(self, task: Task, profile: AgentProfile) -> str:
        """The absolute path of the task's folder without links, created if missing.

        The one that the task names, else the profile, else one of the session. Raises StartFailed
        if it cannot be created, or no task may work there.
        """

    async def excess(self, folder: str) -> str | None:
        """Why a session's folder exceeds its size limit; None if it does not.

        Folders named by a task, profile or setting have no limit. Unreadable parts do not count.
        """

    async def check(self, profile: AgentProfile, task: Task | None = None) -> None:
        """Raises InvalidInput for `workspace` if no task may work in the folder.

        `folder` checks again. The task may have no session yet.
        """
