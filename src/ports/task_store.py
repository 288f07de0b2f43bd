"""Tasks, which are also the queue of work and the leases on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import AgentName, LeaseId, SessionId, TaskId, WorkerId
from domain.pause_wish import PauseWish
from domain.principal import Principal
from domain.task import CancelIntent, OnBusy, Task, TaskStatus
from ports.event_log import EncodedEvent, StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    key: str
    request_hash: str
    """Tells the same request from another one with the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    task: Task
    stored: Sequence[StoredEvent]
    """Its `task_queued`; empty when `is_repeat`."""
    is_repeat: bool
    """Nothing was made: `task` is the one that the idempotency key made before, or an unfinished
    one that retries the same task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A task that this worker, and no other, may carry out until its lease ends."""

    task: Task
    lease_id: LeaseId
    is_first: bool = False
    """No worker has begun it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    task: Task
    stored: Sequence[StoredEvent]
    """What the request wrote; empty if the task had ended or was being cancelled already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWishes:
    """What is wanted of a task while it is carried out."""

    task_id: TaskId
    cancel: CancelIntent | None = None
    pause: PauseWish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    session_id: SessionId | None = None
    statuses: Collection[TaskStatus] = ()
    agent: AgentName | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    """Occurs in the task's text, whatever the case of its ASCII letters."""
    limit: int = 50
    before: TaskId | None = None
    """Only tasks created before this one; an unknown id gives none."""
    after: int | None = None
    """Only tasks with a higher number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExit:
    """How the latest task of an agent ended."""

    task_id: TaskId
    status: TaskStatus
    finished_at: datetime
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """What became of one principal's tasks with one agent, so far as they are kept."""

    live: int = 0
    """Carried out now, by whichever worker."""
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    interrupted: int = 0
    last_exit: LastExit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTask:
    """No more than what tells whom a task concerns."""

    number: int
    task_id: TaskId
    tenant: str
    owner: str
    agent: AgentName
    is_settled: bool
    """No task with a lower number can become visible any more."""


class TaskStore(Protocol):
    """Each method is one transaction. Queries see only what belongs to the principal.

    Lease times are measured by the store's clock, so that a worker's own may be wrong.
    Any method may raise LogUnavailable when the store is out of reach.
    """

    async def submit(
        self,
        task: Task,
        queued: EncodedEvent,
        *,
        on_busy: OnBusy = "enqueue",
        idempotency: IdempotencyKey | None = None,
        reserved_for: WorkerId | None = None,
    ) -> Submission:
        """Queue a new task and write its `task_queued`, which is given without its position.

        The position is its place among the queued tasks of its session, 1 being the next to
        begin. The session is made if there is none.

        `session_key`, `created_at` and `first_seq` of the task given are ignored; the store sets
        them. A reserved task may be claimed by that worker only; it has a lease's time to do so.
        With `retry_of`, while the session has an unfinished task that retries the same one, that
        is the answer, whoever asks at the same time; the key is then that task's.

        Raises SessionBusy for `on_busy="reject"` when the session has an unfinished task;
        IdempotencyKeyReused for a key of this owner used within 24 h with another hash.
        """

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        """Take up to `limit` of the oldest queued tasks whose sessions have no live one.

        They become `running`, their attempt goes up by one, and the session's fence names the
        new lease. No task is given to two callers.
        """

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        """Renew every lease that this worker holds; the tasks it still holds, and by which."""

    async def claim_lost(
        self, worker_id: WorkerId, *, lease_s: float, of_instance: str | None = None
    ) -> Sequence[Claim]:
        """Take over the live tasks of dead workers, to end or requeue them.

        Dead are those whose lease has ended, and - with `of_instance` - those whose worker id
        begins with it and a dot, whatever their lease says; this worker's own tasks never.
        A reserved task that was not claimed in time is given as well. The old lease is void from
        then on. The attempt does not go up, and the status stays as it was (`running` for a
        reserved one).
        """

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        """Take a task of one's own anew, to end or requeue it: its run is over, its status live.

        The old lease, which is named, is void from then on. None if this worker does not hold the
        task by that lease, also where it has got the task by another one.
        """

    async def requeue(self, claim: Claim, *, attempt_spent: bool) -> None:
        """Give a claimed task back to the queue, in its old place. Raises LeaseLost."""

    async def request_cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        intent: CancelIntent,
        *,
        requested: EncodedEvent,
        cancelled: EncodedEvent,
    ) -> Cancellation:
        """Store the intent. Whatever the state, this never fails for a task that exists.

        Queued: the task is cancelled at once, `requested` and `cancelled` are written. Live:
        `requested` is written and the worker is to see the intent; `kill` after `graceful`
        replaces it. Ended: nothing happens. Raises TaskNotFound.
        """

    async def wish_pause(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        """Store that an unfinished task should rest, or go on; the task as it is then.

        Nothing changes where that is what was wanted before. Raises TaskNotFound.
        """

    async def wishes(self, worker_id: WorkerId) -> Sequence[TaskWishes]:
        """What is stored on the live tasks of this worker, for those of which anything is."""

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        """Raises TaskNotFound, also for the task of a deleted session."""

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        """Newest first."""

    async def agent_records(
        self, principal: Principal, agent: AgentName | None = None
    ) -> Mapping[AgentName, AgentRecord]:
        """Of each agent, or of this one; agents whose tasks are all queued, or none, are left out."""

    async def made_after(self, number: int, *, limit: int) -> Sequence[MadeTask]:
        """Up to `limit` of everybody's tasks above this number, in its order."""

    async def newest_settled(self, principal: Principal | None) -> MadeTask | None:
        """The settled task with the highest number; everybody's without a principal."""

    async def id_at(self, number: int) -> TaskId | None:
        """Whoever's task has this number; None if there is none, or none any more."""

    async def last_number(self) -> int:
        """The highest that was ever given, even if its task is gone; 0 without any."""
