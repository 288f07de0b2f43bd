"""Retention in memory, by the same rules as on SQL."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from adapters.memory.database import MemoryDatabase, SessionRow, TaskRow
from domain.ids import SessionKey, TaskId
from domain.session import Session
from domain.task import Task
from ports.event_retention import DeadSession, EndedTask, SessionName, SessionUse, Trimmed


class MemoryEventRetention:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database

    async def size(self) -> int:
        rows = self._database.sessions.values()
        return sum(len(event.body) for row in rows for event in row.events)

    async def oldest(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        found = (
            task
            for row, task, ended_at in self._ended(ended_before)
            if row.session.first_seq < self._kept_from(row, later_than=ended_at)
        )
        return list(islice(found, limit))

    async def trim(
        self, session_key: SessionKey, *, ended_before: datetime, limit: int
    ) -> Trimmed:
        row = self._database.sessions.get(session_key)
        if row is None:
            return Trimmed(events=0, size=0)
        kept_from = self._kept_from(row, not_before=ended_before)
        count = max(0, min(kept_from - row.session.first_seq, limit))
        size = sum(len(event.body) for event in row.events[:count])
        del row.events[:count], row.recorded_at[:count]
        row.session = replace(row.session, first_seq=row.session.first_seq + count)
        return Trimmed(events=count, size=size)

    async def to_compact(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        found = (
            task
            for _, task, _ in self._ended(ended_before)
            if not self._database.tasks[task.task_id].is_compacted
        )
        return list(islice(found, limit))

    async def empty(self, task: EndedTask, seqs: Collection[int]) -> None:
        if (row := self._database.sessions.get(task.session_key)) is None:
            return
        for place in (seq - row.session.first_seq for seq in seqs):
            if 0 <= place < len(row.events) and row.events[place].task_id == task.task_id:
                row.events[place] = row.events[place]._replace(body=b"")

    async def mark_compacted(self, task: EndedTask) -> None:
        if row := self._database.tasks.get(task.task_id):
            row.is_compacted = True

    async def dead_sessions(self, *, limit: int) -> Sequence[DeadSession]:
        dead = (
            DeadSession(session_key=key, session=_name(row.session))
            for key, row in self._database.sessions.items()
            if row.is_deleted and not any(task.is_live for task in self._database.tasks_of(key))
        )
        return list(islice(dead, limit))

    async def tasks_of(self, session_key: SessionKey) -> Sequence[TaskId]:
        return [row.task.task_id for row in self._database.tasks_of(session_key)]

    async def use_of(self, session: SessionName) -> SessionUse:
        tasks = self._database.tasks.values()
        if any(_name(row.task) == session and not row.task.status.is_final for row in tasks):
            return "busy"
        rows = self._database.sessions.values()
        named = (row.session for row in rows if not row.is_deleted)
        found = next((one for one in named if _name(one) == session), None)
        if found is None:
            return "gone"
        return "spent" if 0 < found.last_seq < found.first_seq else "idle"

    def _ended(self, before: datetime) -> Iterator[tuple[SessionRow, EndedTask, datetime]]:
        for ended_at, task in sorted(
            (
                (row.task.finished_at, row.task)
                for row in self._database.tasks.values()
                if row.task.finished_at is not None and row.task.finished_at < before
            ),
            key=lambda pair: pair[0],
        ):
            row = self._database.sessions[task.session_key]
            if not row.is_deleted:
                yield row, _ended_task(task, ended_at, row.session), ended_at

    def _kept_from(
        self,
        row: SessionRow,
        *,
        later_than: datetime | None = None,
        not_before: datetime | None = None,
    ) -> int:
        def is_kept(task: TaskRow) -> bool:
            ended_at = task.task.finished_at
            return (
                ended_at is None
                or (later_than is not None and ended_at > later_than)
                or (not_before is not None and ended_at >= not_before)
            )

        kept = filter(is_kept, self._database.tasks_of(row.session.session_key))
        return min((task.task.first_seq for task in kept), default=row.session.last_seq + 1)


def _ended_task(task: Task, ended_at: datetime, session: Session) -> EndedTask:
    return EndedTask(
        task_id=task.task_id,
        session_key=task.session_key,
        session=_name(task),
        ended_at=ended_at,
        first_seq=max(task.first_seq, session.first_seq),
        last_seq=session.last_seq if task.last_seq is None else task.last_seq,
    )


def _name(of: Task | Session) -> SessionName:
    return SessionName(
        session_key=of.session_key,
        tenant=of.principal.tenant,
        owner=of.principal.owner,
        session_id=of.session_id,
    )
