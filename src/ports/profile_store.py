"""The agents that operators have added or changed while the server runs."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.ids import AgentName


class ProfileStore(Protocol):
    """Any method may raise LogUnavailable when the store is out of reach."""

    async def put(self, profile: AgentProfile) -> bool:
        """Keep it under its name, in place of an earlier one; whether there was none."""

    async def remove(self, name: AgentName) -> bool:
        """Whether there was one."""

    async def list(self) -> Sequence[AgentProfile]:
        """In the order of their names."""
