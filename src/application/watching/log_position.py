"""Finds the places in sessions' logs at which a stream begins."""

import heapq
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from application.cursors.cursor import Cursor, before_earliest
from application.watching.log_reader import LogReader
from application.watching.stream_request import FromNow, Replay, Selection, Since
from application.watching.stream_steps import Reset, ResetReason
from domain.ids import SessionKey
from ports.event_log import Bounds, EventLog, Recorded

_LEAST_READ = 16
_MOST_READ = 500


class LogPosition:
    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def at(
        self, session_key: SessionKey, bounds: Bounds, start: FromNow | Since | Replay
    ) -> Cursor:
        """The earliest place for any replay: `NewestEvents` then moves to the last so many."""
        match start:
            case FromNow():
                return await self.after(session_key, bounds.last_seq)
            case Since(at):
                return await self.after(session_key, await self._log.seq_before(session_key, at))
            case Replay():
                return before_earliest(bounds.first_seq)

    async def resumed(
        self, session_key: SessionKey, bounds: Bounds, cursor: Cursor
    ) -> tuple[Cursor, Reset | None]:
        """The cursor itself; or the earliest place, with the reason why the log cannot serve it."""
        reason = await self._flaw(session_key, bounds, cursor)
        if reason is None:
            return cursor, None
        reset = Reset(reason=reason, first_seq=bounds.first_seq, last_seq=bounds.last_seq)
        return before_earliest(bounds.first_seq), reset

    async def after(self, session_key: SessionKey, seq: int) -> Cursor:
        """Just after that event, with its tag unless it was trimmed."""
        tag = await self._log.tag_at(session_key, seq) if seq else None
        return Cursor(seq, tag) if tag else before_earliest(seq + 1)

    async def _flaw(
        self, session_key: SessionKey, bounds: Bounds, cursor: Cursor
    ) -> ResetReason | None:
        """A seq that exists is not enough: its event must be the one that the client saw, and have
        its tag, or the log has lost and replaced it (see `Cursor`)."""
        if cursor.seq > bounds.last_seq:
            return "future"
        if cursor.seq < bounds.first_seq - 1:
            return "trimmed"
        if cursor.seq == bounds.first_seq - 1:
            return None  # just before the earliest event; its own tag is gone with it
        tag = await self._log.tag_at(session_key, cursor.seq)
        return None if tag == cursor.tag else "diverged"


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
    """The selected events of one log, from the newest to the oldest."""

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
