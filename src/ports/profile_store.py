"""Profiles of agents that operators have added or changed while the server runs."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.ids import AgentName


class ProfileStore(Protocol):
    """Any method may raise LogUnavailable when the store is out of reach."""

    async def put(self, profile: AgentProfile) -> bool:
        """Store it under its name. False if it replaces an earlier one."""

    async def remove(self, name: AgentName) -> bool:
        """False if there was none."""

    async def list(self) -> Sequence[AgentProfile]:
        """In the order of their names."""
