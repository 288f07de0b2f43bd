"""Agents that operators have added, in memory."""

from collections.abc import Sequence

from domain.agent_profile import AgentProfile
from domain.ids import AgentName


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
