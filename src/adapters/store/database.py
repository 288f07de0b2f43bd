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
    """Work is plain code on a connection; each call is one transaction, committed or rolled back.

    Errors of the driver are raised as domain errors: LogUnavailable when the database stays out of
    reach, StorageFull. Domain errors raised by the work itself roll it back and pass through.
    """

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Brings the schema up to date; usable until it is left. Raises StoreUnusable."""

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool] | None = None,
    ) -> T:
        """Do the work, again from the start if the connection was lost or the transaction aborted.

        When a commit got no answer, `was_done` is called with what the work had returned and
        returns whether that commit took place; without it the work must be repeatable. It must
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
        """As `write`, without waiting: `on_done` or `on_error` is called on the event loop."""

    def check_room(self, connection: Connection, size_bytes: int) -> None:
        """Raise StorageFull if a write of that size would leave the disk no room to recover in.

        Work that writes much at once calls it first.
        """

    async def read(self, work: Callable[[Connection], T]) -> T: ...

    def lost(self) -> str | None:
        """Why what is written now may not be found later; None when there is no sign of that."""

    async def make_room(self) -> None:
        """Use the room that has become free on a full disk; never raises when there is too little."""


def pauses(patience_s: float) -> Iterator[float]:
    """Growing pauses between retries until their time is used up; the last one ends exactly there."""
    deadline = time.monotonic() + patience_s
    pause = _FIRST_PAUSE_S
    while (left := deadline - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
