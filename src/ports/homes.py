"""HOME folders of agents that last as long as a session, and whether they are set up."""

from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.task import Task


class Homes(Protocol):
    async def folder(self, task: Task, profile: AgentProfile) -> str:
        """The absolute path of this agent's folder in the session, created if missing.

        Deleted with the session. Raises StartFailed if it cannot be created.
        """

    async def is_set_up(self, task: Task, profile: AgentProfile) -> bool:
        """Whether `note_set_up` was called for this agent, session and setup command.

        Raises StartFailed if that cannot be read.
        """

    async def note_set_up(self, task: Task, profile: AgentProfile) -> None:
        """Record that the setup command succeeded. Raises StartFailed if it cannot be written."""
