"""Whether programs of agents can be started on this machine."""

from collections.abc import Mapping
from typing import Protocol


class ProgramFinder(Protocol):
    def has(self, program: str, *, env: Mapping[str, str]) -> bool:
        """Whether a task could start it with the environment of its agent's profile.

        A path relative to a workspace is unknown, and counts as present.
        """
