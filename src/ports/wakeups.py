"""Hints between processes that there is something new to look at."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from domain.ids import SessionKey

Hint = SessionKey | None
"""A session that has new events; None: the queue of tasks, or a cancel intent, has changed."""


class Wakeups(Protocol):
    """Hints only: one may be lost, doubled or late, so every listener also polls once a second."""

    def notify(self, hint: Hint) -> None:
        """Call it after the commit. Never blocks and never raises; hints may be coalesced."""

    def listen(
        self, callback: Callable[[Hint], None], *, others_only: bool = False
    ) -> AbstractContextManager[None]:
        """Call back on the event loop for every hint while it is entered.

        With `others_only`, not for what is notified through this very object.
        """
