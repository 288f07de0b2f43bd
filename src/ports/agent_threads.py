"""What agents call their conversations, so that a session's next task can go on with one."""

from typing import Protocol

from domain.agent_thread import AgentThread
from domain.ids import AgentName, SessionKey


class AgentThreads(Protocol):
    """Any method may raise LogUnavailable when the store is out of reach."""

    async def find(self, session_key: SessionKey, agent: AgentName) -> AgentThread | None:
        """The thread last kept for this agent in this session; None for an unknown session."""

    async def keep(self, session_key: SessionKey, agent: AgentName, thread: AgentThread) -> None:
        """In place of an earlier one; nothing for an unknown session, and gone with a purged one."""

    async def forget(self, session_key: SessionKey, agent: AgentName) -> None:
        """So that none is found; nothing where none was kept."""
