"""The folders that tasks work in."""

from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.task import Task


class Workspaces(Protocol):
    async def folder(self, task: Task, profile: AgentProfile) -> str:
        """An existing folder's absolute path, made if need be, with no link on the way.

        The task's own choice, else the profile's, else a folder of the session. Raises
        StartFailed if it cannot be had, and for a folder that no task may work in.
        """

    async def excess(self, folder: str) -> str | None:
        """How a folder that was made for a session takes more room than it may; None if not.

        A folder that a task, an agent or a setting names has no bound. What cannot be looked
        into is not counted.
        """

    async def check(self, profile: AgentProfile, task: Task | None = None) -> None:
        """Raises InvalidInput, which names `workspace`, if no task may work where one would.

        Judged as it is now; `folder` judges again. The task may have no session yet.
        """
