"""The agents of a server: built in, configured, or added while it runs."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.ids import AgentName


class AgentCatalog(Protocol):
    @property
    def default(self) -> AgentName:
        """The agent of a task that names none."""

    def get(self, name: AgentName) -> AgentProfile:
        """As it was when the catalog was last refreshed. Raises AgentNotFound."""

    def original(self, name: AgentName) -> AgentProfile | None:
        """The built-in or configured profile, without later changes; None if there was none."""

    async def find(self, name: AgentName) -> AgentProfile:
        """Like `get`, but also finds an agent that another process has just added.

        Raises AgentNotFound, LogUnavailable.
        """

    async def refresh(self) -> None:
        """Load every change whose `put` or `remove` has returned. Raises LogUnavailable."""

    def known(self) -> Sequence[AgentProfile]:
        """All present profiles, and the original ones that operators have changed since."""

    def list(self) -> Sequence[AgentProfile]:
        """In the order of their names."""
