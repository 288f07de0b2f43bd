"""Knows what an agent is given that nobody is to see."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_profile import AgentProfile


class Secrets(Protocol):
    def of(self, profile: AgentProfile) -> Sequence[str]:
        """The secrets of the profile's processes and servers, and those of this server.

        Each in all the forms in which it is looked for. Never raises.
        """
