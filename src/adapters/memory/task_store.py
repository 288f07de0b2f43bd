"""Tasks in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from adapters.memory.database import KEY_KEPT, KeyRow, MemoryDatabase, TaskRow
from domain.errors import IdempotencyKeyReused, SessionBusy
from domain.ids import AgentName, TaskId, WorkerId
from domain.principal import Principal
from domain.task import LIVE, CancelIntent, OnBusy, Task, TaskStatus, next_wish
from ports.event_log import EncodedEvent, StoredEvent
from ports.session_store import SessionEdit
from ports.task_store import (
    AgentRecord,
    Cancellation,
    IdempotencyKey,
    LastExit,
    Submission,
    TaskQuery,
)


class MemoryTaskStore:
    def __init__(self, database: MemoryDatabase, *, lease_s: float = 30.0) -> None:
        """`lease_s` is how long a reserved task waits for its worker."""
        self._database = self.database = database
        self._lease_s = lease_s

    async def submit(
        self,
        task: Task,
        queued: EncodedEvent,
        *,
        on_busy: OnBusy = "enqueue",
        idempotency: IdempotencyKey | None = None,
        reserved_for: WorkerId | None = None,
    ) -> Submission:
        repeated = self._repeated(task, idempotency) if idempotency else None
        if repeated is not None:
            return Submission(task=repeated, stored=(), is_repeat=True)
        if (retrying := self._retrying(task)) is not None:
            if idempotency:
                self._remember(retrying, idempotency)
            return Submission(task=retrying, stored=(), is_repeat=True)
        if on_busy == "reject" and self._is_busy(task):
            raise SessionBusy(f"session {task.session_id} has an unfinished task")
        row, stored = self._insert(task, queued)
        row.reserved_for = reserved_for
        row.reserved_until = self._database.clock.monotonic() + self._lease_s
        if idempotency:
            self._remember(task, idempotency)
        return Submission(task=row.task, stored=stored, is_repeat=False)

    async def request_cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        intent: CancelIntent,
        *,
        requested: EncodedEvent,
        cancelled: EncodedEvent,
    ) -> Cancellation:
        row = self._database.task(principal, task_id)
        session = self._database.sessions[row.task.session_key]
        now = self._database.clock.now()
        stored: Sequence[StoredEvent] = ()
        if row.is_queued:
            stored = session.append([requested, cancelled], at=now)
            row.task = replace(
                row.task,
                status=TaskStatus.CANCELLED,
                reason=intent.reason,
                cancel=intent,
                finished_at=now,
                last_seq=stored[-1].seq,
            )
        elif row.is_live and intent.adds_to(row.task.cancel):
            stored = session.append([requested], at=now)
            row.task = replace(row.task, cancel=intent)
        return Cancellation(task=row.task, stored=stored)

    async def wish_pause(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        row = self._database.task(principal, task_id)
        wish = next_wish(row.task.pause, is_wanted=is_wanted, by=principal.name)
        if wish is not None and not row.task.status.is_final:
            row.task = replace(row.task, pause=wish)
        return row.task

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        return self._database.task(principal, task_id).task

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        tasks = [row.task for row in self._database.tasks_for(principal)]
        if query.before is not None:
            ids = [task.task_id for task in tasks]
            tasks = tasks[: ids.index(query.before)] if query.before in ids else []
        return [task for task in reversed(tasks) if _matches(task, query)][: query.limit]

    async def agent_records(
        self, principal: Principal, agent: AgentName | None = None
    ) -> Mapping[AgentName, AgentRecord]:
        tasks = [row.task for row in self._database.tasks_for(principal)]
        return _records_of([task for task in tasks if agent in (None, task.agent)])

    def _repeated(self, task: Task, key: IdempotencyKey) -> Task | None:
        known = self._database.keys.get(_name(task, key))
        if known is None or known.created_at < self._database.clock.now() - KEY_KEPT:
            return None
        if known.request_hash != key.request_hash:
            raise IdempotencyKeyReused("this idempotency key was used with another request")
        return self._database.tasks[known.task_id].task

    def _retrying(self, task: Task) -> Task | None:
        if task.retry_of is None:
            return None
        unfinished = self._unfinished(task)
        return next((other for other in unfinished if other.retry_of == task.retry_of), None)

    def _is_busy(self, task: Task) -> bool:
        return bool(self._unfinished(task))

    def _unfinished(self, task: Task) -> Sequence[Task]:
        """Of the session that the task is for."""
        session = self._database.session(task.principal, task.session_id)
        if session is None:
            return ()
        rows = self._database.tasks_of(session.session.session_key)
        return [row.task for row in rows if not row.task.status.is_final]

    def _insert(self, task: Task, queued: EncodedEvent) -> tuple[TaskRow, Sequence[StoredEvent]]:
        database, now = self._database, self._database.clock.now()
        session = database.session(task.principal, task.session_id) or database.make_session(
            task.principal, task.session_id, SessionEdit()
        )
        waiting = sum(row.is_queued for row in database.tasks_of(session.session.session_key))
        stored = session.append([queued.in_queue(waiting + 1)], at=now)
        database.last_number += 1
        row = database.tasks[task.task_id] = TaskRow(
            task=replace(
                task,
                session_key=session.session.session_key,
                created_at=now,
                status=TaskStatus.QUEUED,
                first_seq=stored[0].seq,
                number=database.last_number,
            )
        )
        return row, stored

    def _remember(self, task: Task, key: IdempotencyKey) -> None:
        self._database.keys[_name(task, key)] = KeyRow(
            request_hash=key.request_hash,
            task_id=task.task_id,
            created_at=self._database.clock.now(),
        )


def _name(task: Task, key: IdempotencyKey) -> tuple[str, str, str]:
    return (task.principal.tenant, task.principal.owner, key.key)


def _matches(task: Task, query: TaskQuery) -> bool:
    return (
        query.session_id in (None, task.session_id)
        and (not query.statuses or task.status in query.statuses)
        and query.agent in (None, task.agent)
        and (query.after is None or task.number > query.after)
        and (query.since is None or task.created_at >= query.since)
        and (query.until is None or task.created_at < query.until)
        and _ascii_lower(query.text or "") in _ascii_lower(task.text)
    )


def _ascii_lower(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()


def _records_of(tasks: Sequence[Task]) -> Mapping[AgentName, AgentRecord]:
    begun = [task for task in tasks if task.status is not TaskStatus.QUEUED]
    return {
        agent: _record([task for task in begun if task.agent == agent])
        for agent in {task.agent for task in begun}
    }


def _record(tasks: Sequence[Task]) -> AgentRecord:
    counts = Counter(task.status for task in tasks)
    return AgentRecord(
        live=sum(counts[status] for status in LIVE),
        completed=counts[TaskStatus.COMPLETED],
        failed=counts[TaskStatus.FAILED],
        cancelled=counts[TaskStatus.CANCELLED],
        interrupted=counts[TaskStatus.INTERRUPTED],
        last_exit=_last_exit(tasks),
    )


def _last_exit(tasks: Iterable[Task]) -> LastExit | None:
    ended = [(task.finished_at, task.number, task) for task in tasks if task.finished_at]
    if not ended:
        return None
    finished_at, _, task = max(ended, key=lambda entry: entry[:2])
    return LastExit(
        task_id=task.task_id,
        status=task.status,
        finished_at=finished_at,
        exit_code=task.result.exit_code if task.result else None,
    )
