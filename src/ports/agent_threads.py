"""The conversations that agents can resume, so that a session's next task continues one."""

from typing import Protocol

from domain.agent_thread import AgentThread
from domain.ids import AgentName, SessionKey


class AgentThreads(Protocol):
    """Any method may raise LogUnavailable when the store is out of reach."""

    async def find(self, session_key: SessionKey, agent: AgentName) -> AgentThread | None:
        """The thread last kept for this agent in this session; None for an unknown session."""

    async def keep(self, session_key: SessionKey, agent: AgentName, thread: AgentThread) -> None:
        """Replaces an earlier one; purged with the session. Does nothing for an unknown session."""

    async def forget(self, session_key: SessionKey, agent: AgentName) -> None:
        """Does nothing if none was kept."""
