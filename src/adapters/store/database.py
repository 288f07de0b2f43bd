"""A database, whichever it is: transactions that write, those that read, and the pauses of retries."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0


class Database(Protocol):
    """Work is plain code on a connection; each call is one transaction, done or undone whole.

    Whatever the driver raises comes out as a domain error: LogUnavailable when the database stays
    out of reach, StorageFull. Domain errors raised by the work itself undo it and pass through.
    """

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Bring the schema up to date, then be usable until left. Raises StoreUnusable."""

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool] | None = None,
    ) -> T:
        """Do the work, again from the start if the database gave way under it.

        When a commit got no answer, `was_done` is asked - given what the work had returned -
        whether that commit took place; without it the work must bear being repeated. It must
        first take a lock that the work took, so that it waits for a commit still under way.
        """

    def begin_write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool],
        on_done: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """As `write`, for a caller that does not wait: one of the two is called on the loop."""

    def check_room(self, connection: Connection, size_bytes: int) -> None:
        """Raise StorageFull if so much would leave the disk without the room to recover in.

        For work that writes much at once, before it does.
        """

    async def read(self, work: Callable[[Connection], T]) -> T: ...

    def lost(self) -> str | None:
        """Why what is written now may not be there later; None when nothing speaks for that."""

    async def make_room(self) -> None:
        """Make the best of room that has come to be on a full disk; never raises for want of it."""


def pauses(patience_s: float) -> Iterator[float]:
    """Growing pauses between retries until their time is used up; the last one ends exactly there."""
    deadline = time.monotonic() + patience_s
    pause = _FIRST_PAUSE_S
    while (left := deadline - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
