"""The conversations that agents can resume, and the profiles that operators added, in memory."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase
from domain.agent_profile import AgentProfile
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


class MemoryProfileStore:
    def __init__(self) -> None:
        self._profiles: dict[AgentName, AgentProfile] = {}

    async def put(self, profile: AgentProfile) -> bool:
        was_there = profile.name in self._profiles
        self._profiles[profile.name] = profile
        return not was_there

    async def remove(self, name: AgentName) -> bool:
        return self._profiles.pop(name, None) is not None

    async def list(self) -> Sequence[AgentProfile]:
        return [self._profiles[name] for name in sorted(self._profiles)]
