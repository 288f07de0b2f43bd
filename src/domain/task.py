"""A task and its state machine: which status may follow which is decided here alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.extraction import Captured, ExtractionRule
from domain.ids import AgentName, SessionId, SessionKey, TaskId, WorkerId
from domain.limits import Limits
from domain.principal import Principal
from domain.task_events import CancelMode, CancelReason, FailureReason, InterruptReason
from domain.usage import Usage

OnBusy = Literal["enqueue", "reject", "interrupt"]
OnDisconnect = Literal["continue", "cancel"]
Approval = Literal["auto", "ask", "deny"]
EndReason = FailureReason | CancelReason | InterruptReason


class TaskStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        return self in FINAL

    @property
    def former(self) -> "frozenset[TaskStatus]":
        """The statuses that may precede this one."""
        return _FORMER[self]

    def may_become(self, status: "TaskStatus") -> bool:
        return status in _FOLLOWS[self]


FINAL = frozenset(
    {
        TaskStatus.COMPLETED,
        TaskStatus.FAILED,
        TaskStatus.CANCELLED,
        TaskStatus.INTERRUPTED,
    }
)
LIVE = frozenset({TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.WAITING})
"""A worker holds the session's lease."""

_FOLLOWS: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.QUEUED: frozenset(
        {TaskStatus.RUNNING, TaskStatus.CANCELLED, TaskStatus.INTERRUPTED}
    ),
    TaskStatus.RUNNING: FINAL | {TaskStatus.PAUSED, TaskStatus.WAITING, TaskStatus.QUEUED},
    TaskStatus.PAUSED: FINAL | {TaskStatus.RUNNING, TaskStatus.QUEUED},
    TaskStatus.WAITING: FINAL | {TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.QUEUED},
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.FAILED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
    TaskStatus.INTERRUPTED: frozenset(),
}
_FORMER: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    status: frozenset(other for other in TaskStatus if other.may_become(status))
    for status in TaskStatus
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """What a task ended with; None for what it did not have."""

    final_answer: str | None = None
    exit_code: int | None = None
    error: str | None = None
    """Why it failed, for people; `reason` is the code."""
    extractions: Mapping[str, Captured] | None = None
    """What each rule found last, by the rule's name; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelIntent:
    """A request to end a task; stored, so that it outlives every process."""

    mode: CancelMode
    reason: CancelReason
    by: str

    def adds_to(self, earlier: "CancelIntent | None") -> bool:
        """Whether it asks for more than the earlier one."""
        return earlier is None or (earlier.mode == "graceful" and self.mode == "kill")


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseWish:
    """A request to pause a task, or to withdraw that; stored, so that it outlives every process."""

    is_wanted: bool
    by: str
    number: int = 1
    """Increases with each request, so that the later of two wins."""

    def replaces(self, earlier: "PauseWish | None") -> bool:
        return earlier is None or self.number > earlier.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One unit of work submitted to an agent in a session."""

    task_id: TaskId
    session_key: SessionKey
    session_id: SessionId
    principal: Principal
    agent: AgentName
    text: str
    """What the agent is asked to do; `task` on the wire."""
    status: TaskStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempt: int = 0
    """How often a worker has started it."""
    reason: EndReason | None = None
    """Why it ended, when it did not complete."""
    result: TaskResult | None = None
    usage: Usage | None = None
    limits: Limits | None = None
    metadata: Mapping[str, object] | None = None
    on_disconnect: OnDisconnect = "continue"
    approval: Approval | None = None
    workspace: str | None = None
    model: str | None = None
    """The one that it is to be done with, in place of its agent's."""
    retry_of: TaskId | None = None
    rules: tuple[ExtractionRule, ...] = ()
    """Extraction rules of the task, in addition to those of its agent's profile."""
    cancel: CancelIntent | None = None
    pause: PauseWish | None = None
    """The latest; it holds for every attempt."""
    worker_id: WorkerId | None = None
    first_seq: int = 0
    """The seq of its `task_queued`."""
    last_seq: int | None = None
    """The seq of its final event."""
    number: int = 0
    """Given by the store, in the order of submission; 0 for one that is not stored."""

    @property
    def is_pause_wanted(self) -> bool:
        return self.pause is not None and self.pause.is_wanted


def next_wish(earlier: PauseWish | None, *, is_wanted: bool, by: str) -> PauseWish | None:
    """None if it asks for what is in effect already."""
    if is_wanted == (earlier is not None and earlier.is_wanted):
        return None
    number = 1 if earlier is None else earlier.number + 1
    return PauseWish(is_wanted=is_wanted, by=by, number=number)
