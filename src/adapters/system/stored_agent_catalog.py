"""The configured agents, overridden by those that operators have stored since the start."""

import asyncio
from collections.abc import Mapping, Sequence

from domain.agent_profile import AgentProfile
from domain.errors import AgentNotFound
from domain.ids import AgentName
from ports.profile_store import ProfileStore


class StoredAgentCatalog:
    def __init__(
        self, profiles: Sequence[AgentProfile], *, default: AgentName, store: ProfileStore
    ) -> None:
        self._originals = {profile.name: profile for profile in profiles}
        self._default = default
        self._store = store
        self._known: Mapping[AgentName, AgentProfile] = self._originals
        self._refreshing = asyncio.Lock()

    @property
    def default(self) -> AgentName:
        return self._default

    def get(self, name: AgentName) -> AgentProfile:
        if (profile := self._known.get(name)) is None:
            raise AgentNotFound(f"there is no agent {name!r}")
        return profile

    def original(self, name: AgentName) -> AgentProfile | None:
        return self._originals.get(name)

    def known(self) -> Sequence[AgentProfile]:
        return [*self._originals.values(), *self._known.values()]

    def list(self) -> Sequence[AgentProfile]:
        return [self._known[name] for name in sorted(self._known)]

    async def find(self, name: AgentName) -> AgentProfile:
        if name not in self._known:
            await self.refresh()
        return self.get(name)

    async def refresh(self) -> None:
        # One after the other: a slow earlier read must not undo a later one.
        async with self._refreshing:
            stored = await self._store.list()
            self._known = {**self._originals, **{profile.name: profile for profile in stored}}
