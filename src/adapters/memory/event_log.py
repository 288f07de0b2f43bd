"""The log of events in memory: it lasts as long as the process."""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from adapters.memory.database import MemoryDatabase, SessionRow
from domain.errors import LeaseLost
from domain.ids import SessionKey, Tag
from ports.event_log import Append, Bounds, Recorded, StoredEvent


class MemoryEventLog:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        session = self._database.sessions.get(append.session_key)
        if (
            session is None
            or session.active_task != append.task_id
            or session.lease_id != append.lease_id
        ):
            raise LeaseLost("another runner holds this session now")
        stored = session.append(append.events, at=self._database.clock.now())
        self._apply_change(append, session)
        return stored

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        row = self._database.sessions.get(session_key)
        if row is None:
            return ()
        start = max(0, after - row.trimmed)
        return row.events[start : start + limit]

    async def find(
        self, session_key: SessionKey, *, event_types: Collection[str], after: int, limit: int
    ) -> Sequence[StoredEvent]:
        rest = await self.read(session_key, after=after, limit=sys.maxsize)
        return list(islice((one for one in rest if one.event_type in event_types), limit))

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        row = self._database.sessions.get(session_key)
        if row is None or row.is_deleted:
            return None
        return Bounds(first_seq=row.session.first_seq, last_seq=row.session.last_seq)

    async def tag_at(self, session_key: SessionKey, seq: int) -> Tag | None:
        row = self._database.sessions.get(session_key)
        if row is None or not row.session.first_seq <= seq <= row.session.last_seq:
            return None
        return row.events[seq - row.session.first_seq].tag

    async def last_seqs(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        found = ((key, self._database.sessions.get(key)) for key in keys)
        return {key: row.session.last_seq for key, row in found if row and not row.is_deleted}

    async def newest(
        self, session_key: SessionKey, *, below: int, limit: int
    ) -> Sequence[Recorded]:
        row = self._database.sessions.get(session_key)
        if row is None:
            return ()
        end = max(0, below - 1 - row.trimmed)
        begin = max(0, end - limit)
        found = zip(row.events[begin:end], row.recorded_at[begin:end], strict=True)
        return [
            Recorded(one.seq, at, one.event_type, one.task_id, one.agent, one.body != b"")
            for one, at in found
        ][::-1]

    async def seq_before(self, session_key: SessionKey, at: datetime) -> int:
        row = self._database.sessions.get(session_key)
        if row is None:
            return 0
        recorded_at = enumerate(row.recorded_at, row.trimmed)
        return next((seq for seq, one in recorded_at if one >= at), row.session.last_seq)

    def _apply_change(self, append: Append, session: SessionRow) -> None:
        change = append.change
        row = self._database.tasks[append.task_id]
        if change is None or not row.task.status.may_become(change.status):
            return
        usage = change.usage or row.task.usage
        row.task = replace(row.task, status=change.status, usage=usage)
        if change.status.is_final:
            row.task = replace(
                row.task,
                reason=change.reason,
                result=change.result,
                finished_at=self._database.clock.now(),
                last_seq=session.session.last_seq,
            )
            row.lease_id = session.active_task = session.lease_id = None
