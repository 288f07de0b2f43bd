"""A subscription whose cursor may outgrow an id: what it builds upon is kept before it is needed."""

from collections.abc import Sequence

from application.cursors.cursor_writer import CursorWriter
from application.watching.log_reader import LogReader, Passed
from application.watching.stream_steps import EndReason
from application.watching.subscription import Place, Subscription
from application.watching.tails import TailEvent, Wake


class SettledSubscription:
    """While there is something to keep, it has nothing to read and needs a look."""

    def __init__(self, subscription: Subscription, cursors: CursorWriter) -> None:
        self._subscription = subscription
        self._cursors = cursors

    @property
    def has_plain_ids(self) -> bool:
        return self._subscription.has_plain_ids

    @property
    def needs_look(self) -> bool:
        return self._subscription.needs_look or self._is_due()

    @property
    def ending(self) -> EndReason | None:
        return self._subscription.ending

    @property
    def last_seq(self) -> int | None:
        return self._subscription.last_seq

    @property
    def place(self) -> Place | None:
        return self._subscription.place

    def fork(self, wake: Wake) -> Subscription:
        return self._subscription.fork(wake)

    def refresh(self) -> None:
        self._subscription.refresh()

    async def look(self) -> None:
        if self._subscription.needs_look:
            await self._subscription.look()
        await self.settle()

    async def settle(self) -> None:
        if self._is_due():
            await self._cursors.settle()

    def readers(self) -> Sequence[LogReader]:
        return () if self._is_due() else self._subscription.readers()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        self._subscription.has_passed(reader, passed)

    def cursor(self) -> str:
        return self._subscription.cursor()

    def cursor_at(self, reader: LogReader, event: TailEvent) -> str:
        return self._subscription.cursor_at(reader, event)

    def close(self) -> None:
        self._subscription.close()

    def _is_due(self) -> bool:
        """By the positions as they are now, which may have moved without an event to send."""
        self._subscription.cursor()
        return self._cursors.is_due
