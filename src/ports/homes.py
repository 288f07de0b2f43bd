"""The HOME folders of agents that go on with their conversations."""

from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.task import Task


class Homes(Protocol):
    async def folder(self, task: Task, profile: AgentProfile) -> str:
        """An existing folder's absolute path, of this agent in this session, made if need be.

        It goes with the session. Raises StartFailed if it cannot be had.
        """
