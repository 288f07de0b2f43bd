"""Tasks for those who submit them: queued, looked up, cancelled, paused, counted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import AgentName, SessionId, TaskId, WorkerId
from domain.principal import Principal
from domain.task import CancelIntent, OnBusy, Task, TaskStatus
from ports.event_log import EncodedEvent, StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    key: str
    request_hash: str
    """A hash of the request: with another one, the same key is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    task: Task
    stored: Sequence[StoredEvent]
    """Its `task_queued`; empty when `is_repeat`."""
    is_repeat: bool
    """Nothing was made: `task` is the one that the idempotency key made before, or an unfinished
    one that retries the same task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    task: Task
    stored: Sequence[StoredEvent]
    """What the request wrote; empty if the task had ended or was being cancelled already."""


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
    """Counts of one principal's tasks with one agent, as far as they are kept."""

    live: int = 0
    """Carried out now, by whichever worker."""
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    interrupted: int = 0
    last_exit: LastExit | None = None


class TaskStore(Protocol):
    """Each method is one transaction. Queries see only what belongs to the principal.

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
        """Queue a new task and write its `task_queued`; the session is made if there is none.

        The store sets the position in `queued`: the place among the queued tasks of the session,
        1 being the next to begin. It also sets the task's `session_key`, `created_at`, `number`
        and `first_seq`. Only the worker that a task is reserved for may carry it out, if it comes
        for it within a lease's time.

        While the session has an unfinished task with the same `retry_of`, that one is returned as
        a repeat, also to concurrent calls; the idempotency key is then that task's.

        Raises SessionBusy for `on_busy="reject"` when the session has an unfinished task;
        IdempotencyKeyReused for a key of this owner used within 24 h with another hash.
        """

    async def request_cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        intent: CancelIntent,
        *,
        requested: EncodedEvent,
        cancelled: EncodedEvent,
    ) -> Cancellation:
        """Store the intent, in whatever state the task is. Raises TaskNotFound.

        Queued: the task is cancelled at once; `requested` and `cancelled` are written. Live:
        `requested` is written, and the task's worker gets the intent; `kill` replaces `graceful`.
        Ended: nothing happens.
        """

    async def wish_pause(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        """Store that an unfinished task should pause, or go on; returns it as it is then.

        Nothing changes where the same was wanted already, or the task has ended. Raises
        TaskNotFound.
        """

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        """Raises TaskNotFound, also for the task of a deleted session."""

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        """Newest first."""

    async def agent_records(
        self, principal: Principal, agent: AgentName | None = None
    ) -> Mapping[AgentName, AgentRecord]:
        """The records of all agents, or of this one; without agents that never began a task."""
