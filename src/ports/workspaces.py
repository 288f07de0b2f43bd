"""The folders that tasks work in."""

from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.task import Task


class Workspaces(Protocol):
    async def folder(self, task: Task, profile: AgentProfile) -> str:
        """An existing folder's absolute path, made if need be.

        The task's own choice, else the profile's, else a folder of the session. Raises
        StartFailed if it cannot be had.
        """
