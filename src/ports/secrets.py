"""Knows what agents are given that nobody is to see."""

from collections.abc import Iterable
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.redaction import Redactor


class Secrets(Protocol):
    def redactor(self, profiles: Iterable[AgentProfile]) -> Redactor:
        """Masks the secrets of the profiles' processes and servers, and those of this server.

        As they are now, and each in all the forms in which it is looked for. Never raises.
        """
