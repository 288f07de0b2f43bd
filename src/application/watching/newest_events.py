"""Finds where the newest events of several logs begin, all of them taken together."""

import heapq
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from application.cursors.cursor import Cursor
from application.watching.log_position import LogPosition
from application.watching.log_reader import LogReader
from application.watching.selection import Selection
from domain.ids import SessionKey
from ports.event_log import EventLog, Recorded

_LEAST_READ = 16
_MOST_READ = 500


class NewestEvents:
    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._positions = LogPosition(log)

    async def advance(self, readers: Sequence[LogReader], count: int) -> None:
        """Move each from its log's beginning to its own part of the `count` newest events."""
        if sum(reader.lag for reader in readers) <= count:
            return
        last_seqs = {reader.session_key: reader.tail.last_seq for reader in readers}
        begins = await self.begin(last_seqs, readers[0].selection, count)
        for reader in readers:
            seq = begins[reader.session_key]
            reader.position = await self._position(reader, seq)

    async def begin(
        self, last_seqs: Mapping[SessionKey, int], selection: Selection, count: int
    ) -> Mapping[SessionKey, int]:
        """The seq after which the part of each log begins, by when events were recorded."""
        begins = dict(last_seqs)
        limit = max(_LEAST_READ, min(_MOST_READ, 2 * count // max(1, len(last_seqs))))
        heads: list[tuple[float, int, _Backwards]] = []

        async def push(log: "_Backwards") -> None:
            if at := await log.head():
                heapq.heappush(heads, (-at.timestamp(), -log.session_key, log))

        for session_key, last_seq in last_seqs.items():
            await push(_Backwards(self._log, session_key, last_seq, selection, limit))
        while heads and count:
            _, _, log = heapq.heappop(heads)
            begins[log.session_key] = log.take().seq - 1
            count -= 1
            if count:
                await push(log)
        return begins

    async def _position(self, reader: LogReader, seq: int) -> Cursor:
        if seq <= reader.position.seq:
            return reader.position
        return await self._positions.after(reader.session_key, seq)


class _Backwards:
    """The events of one log that are wanted, from the newest on."""

    def __init__(
        self,
        log: EventLog,
        session_key: SessionKey,
        last_seq: int,
        selection: Selection,
        limit: int,
    ) -> None:
        self.session_key = session_key
        self._log = log
        self._selection = selection
        self._limit = limit
        self._below = last_seq + 1
        self._wanted: list[Recorded] = []

    async def head(self) -> datetime | None:
        """When the next one was recorded; None when there is none."""
        while not self._wanted and self._below > 1:
            found: Collection[Recorded] = await self._log.newest(
                self.session_key, below=self._below, limit=self._limit
            )
            if not found:
                return None
            self._below = min(one.seq for one in found)
            self._wanted = [one for one in found if self._selection.shows(one)][::-1]
        return self._wanted[-1].at if self._wanted else None

    def take(self) -> Recorded:
        return self._wanted.pop()
