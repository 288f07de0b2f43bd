"""Tells whether the programs that agents are can be started on this machine."""

from collections.abc import Mapping
from typing import Protocol


class ProgramFinder(Protocol):
    def has(self, program: str, *, env: Mapping[str, str]) -> bool:
        """Whether a task could start it, given the variables of its agent's profile.

        A path that is relative to the workspace cannot be known, and counts as there.
        """
