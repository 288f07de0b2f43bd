"""Hints between processes that there is something new to look at."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from domain.ids import SessionKey

Hint = SessionKey | None
"""A session that has new events; None: the queue of tasks, or a cancel intent, has changed."""


class Wakeups(Protocol):
    """Hints only: one may be lost, doubled or late. Whoever listens also looks once a second."""

    def notify(self, hint: Hint) -> None:
        """Never blocks and never raises; call it after the commit. Hints may be coalesced."""

    def listen(self, callback: Callable[[Hint], None]) -> AbstractContextManager[None]:
        """Call back on the event loop for the hints of others, while it is entered.

        What this very object notifies does not come back to it.
        """
