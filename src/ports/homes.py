"""The HOME folders of agents that are kept for a session, and whether they are set up."""

from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.task import Task


class Homes(Protocol):
    async def folder(self, task: Task, profile: AgentProfile) -> str:
        """An existing folder's absolute path, of this agent in this session, made if need be.

        It goes with the session. Raises StartFailed if it cannot be had.
        """

    async def is_set_up(self, task: Task, profile: AgentProfile) -> bool:
        """Whether that was noted here of this agent in this session, with the same command.

        Raises StartFailed if it cannot be known.
        """

    async def note_set_up(self, task: Task, profile: AgentProfile) -> None:
        """Its command has ended well. Raises StartFailed if it cannot be noted."""
