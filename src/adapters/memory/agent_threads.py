"""What agents call their conversations, in memory."""

from adapters.memory.database import MemoryDatabase
from domain.agent_thread import AgentThread
from domain.ids import AgentName, SessionKey


class MemoryAgentThreads:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database

    async def find(self, session_key: SessionKey, agent: AgentName) -> AgentThread | None:
        row = self._database.sessions.get(session_key)
        return row.threads.get(agent) if row else None

    async def keep(self, session_key: SessionKey, agent: AgentName, thread: AgentThread) -> None:
        if row := self._database.sessions.get(session_key):
            row.threads[agent] = thread

    async def forget(self, session_key: SessionKey, agent: AgentName) -> None:
        if row := self._database.sessions.get(session_key):
            row.threads.pop(agent, None)
