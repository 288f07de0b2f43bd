"""Merges several logs in the order of time, up to where each ended when the stream opened."""

import heapq
from collections.abc import Sequence
from datetime import UTC, datetime

from application.watching.log_reader import PAGE_EVENTS, LogReader, Pages, Passed
from application.watching.stream_steps import Reset
from application.watching.tails import TailEvent
from ports.event_codec import EventCodec

_IN_MEMORY = 4 * PAGE_EVENTS
"""Events at most of all the logs together, but for `_LEAST_READ` of each."""
_LEAST_READ = 16
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


class Chronology:
    """Await `read` while something `has_unread`, then `take`, until that returns None."""

    def __init__(self, readers: Sequence[LogReader], codec: EventCodec) -> None:
        self._codec = codec
        self._until = {reader: reader.tail.last_seq for reader in readers if reader.has_more}
        self._unread = list(self._until)
        self._heads: list[tuple[datetime, int, LogReader]] = []
        share = _IN_MEMORY // max(1, len(self._until))
        self._page_events = min(PAGE_EVENTS, max(_LEAST_READ, share))

    @property
    def has_unread(self) -> bool:
        return bool(self._unread)

    async def read(self, pages: Pages) -> Reset | None:
        """The next page of one of them."""
        reader = self._unread[-1]
        reset = await reader.read(pages, limit=self._page_events)
        self._unread.pop()
        self._put(reader)
        return reset

    def take(self) -> tuple[LogReader, Passed] | None:
        """The oldest events, up to where another log has older ones; None when all are taken."""
        while self._heads:
            _, _, reader = heapq.heappop(self._heads)
            if reader.tail.is_deleted:
                continue
            passed = reader.take(self._run(reader))
            assert passed is not None  # it has a page
            self._put(reader)
            return reader, passed
        return None

    def _put(self, reader: LogReader) -> None:
        if reader.position.seq >= self._until[reader]:
            return
        if reader.page:
            head = self._recorded_at(reader.page[0])
            heapq.heappush(self._heads, (head, reader.session_key, reader))
        elif reader.has_more:
            self._unread.append(reader)

    def _run(self, reader: LogReader) -> int:
        """How many of its next events are not younger than what another log has next."""
        until_seq = self._until[reader]
        until = self._heads[0][0] if self._heads else None
        for count, event in enumerate(reader.page):
            is_younger = until is not None and self._recorded_at(event) > until
            if count and (is_younger or event.stored.seq > until_seq):
                return count
        return len(reader.page)

    def _recorded_at(self, event: TailEvent) -> datetime:
        """What was compacted away has no time, and is passed over at once."""
        return self._codec.recorded_at(event.stored) if event.stored.body else _UNKNOWN
