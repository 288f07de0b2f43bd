"""The agents that are configured here."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.ids import AgentName


class AgentCatalog(Protocol):
    @property
    def default(self) -> AgentName:
        """The agent of a task that names none."""

    def get(self, name: AgentName) -> AgentProfile:
        """Raises AgentNotFound."""

    def list(self) -> Sequence[AgentProfile]:
        """In the order of their names."""
