"""Pages of one session's log as frames, read once for all who ask at about the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from application.watching.tails import TailEvent
from domain.ids import SessionKey
from ports.event_codec import EventCodec
from ports.event_log import Bounds, EventLog

PAGE_EVENTS = 500
_KEPT_PAGES = 16
_KEPT_BYTES = 4 * 1024 * 1024

_Place = tuple[SessionKey, int]


class Pages:
    """Keeps the last few whole pages: after a cut, many watchers read the same ones.

    A page that is kept may have been trimmed from the log since; it is still what was recorded.
    """

    def __init__(self, *, log: EventLog, codec: EventCodec) -> None:
        self._log = log
        self._codec = codec
        self._kept: OrderedDict[_Place, Sequence[TailEvent]] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[_Place, asyncio.Task[Sequence[TailEvent]]] = {}

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int = PAGE_EVENTS
    ) -> Sequence[TailEvent]:
        """Up to so many events above `after`, fewer only at the end of the log; 500 are shared."""
        place = (session_key, after)
        if limit < PAGE_EVENTS:
            return await self._read(place, limit)
        if (page := self._kept.get(place)) is not None:
            return page
        if (reading := self._under_way.get(place)) is None:
            reading = asyncio.ensure_future(self._read(place, PAGE_EVENTS))
            self._under_way[place] = reading
            reading.add_done_callback(lambda done: self._has_read(place, done))
        return await asyncio.shield(reading)

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        return await self._log.bounds(session_key)

    def _has_read(self, place: _Place, done: asyncio.Task[Sequence[TailEvent]]) -> None:
        del self._under_way[place]
        if not done.cancelled():
            done.exception()  # whoever asked has it, unless all of them have gone

    async def _read(self, place: _Place, limit: int) -> Sequence[TailEvent]:
        session_key, after = place
        stored = await self._log.read(session_key, after=after, limit=limit)
        page = [TailEvent(event, self._codec.frame(event)) for event in stored]
        size = sum(len(event.frame) for event in page)
        if len(page) == PAGE_EVENTS and size <= _KEPT_BYTES:
            self._keep(place, page, size)
        return page

    def _keep(self, place: _Place, page: Sequence[TailEvent], size: int) -> None:
        self._kept[place] = page
        self._kept_bytes += size
        while len(self._kept) > _KEPT_PAGES or self._kept_bytes > _KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= sum(len(event.frame) for event in dropped)
