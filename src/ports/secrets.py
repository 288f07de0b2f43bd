"""The secrets that agents and this server are given, which must not be shown."""

from collections.abc import Iterable
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.redaction import Redactor


class Secrets(Protocol):
    def redactor(self, profiles: Iterable[AgentProfile]) -> Redactor:
        """Masks the secrets of the profiles' processes and servers, and those of this server.

        It has their present values, each in all of its encoded forms. Never raises.
        """
