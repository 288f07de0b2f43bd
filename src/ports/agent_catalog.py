"""The agents that there are: always there, configured, or added while the server runs."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.ids import AgentName


class AgentCatalog(Protocol):
    @property
    def default(self) -> AgentName:
        """The agent of a task that names none."""

    def get(self, name: AgentName) -> AgentProfile:
        """As far as is known here. Raises AgentNotFound."""

    def original(self, name: AgentName) -> AgentProfile | None:
        """As it was at the start, whatever operators have made of it since."""

    async def find(self, name: AgentName) -> AgentProfile:
        """Like `get`, and knows an agent that another process has added this moment.

        Raises AgentNotFound, LogUnavailable.
        """

    async def refresh(self) -> None:
        """Learn of every change whose `put` or `remove` is over. Raises LogUnavailable."""

    def known(self) -> Sequence[AgentProfile]:
        """All of them, and those that were at the start and operators have changed since."""

    def list(self) -> Sequence[AgentProfile]:
        """In the order of their names."""
