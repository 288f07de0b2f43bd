"""Events that any task of any agent can have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.json_values import require_finite
from domain.usage import Usage

CancelMode = Literal["graceful", "kill"]
FailureReason = Literal[
    "agent_error",
    "model_error",
    "exit_code",
    "start_failed",
    "timeout",
    "idle_timeout",
    "repetition",
    "resource_limit",
    "storage_full",
    "store_lost",
    "limit.iterations",
    "limit.tool_calls",
    "limit.tokens",
    "limit.usd",
    "limit.output",
]
CancelReason = Literal["user", "superseded", "session_deleted", "disconnect"]
InterruptReason = Literal["worker_lost", "shutdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueued:
    task: str
    position: int | None = None
    """Among the tasks of its session that waited when it was queued; 1 is the next to begin."""
    metadata: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        require_finite(self.metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    worker_id: str
    agent_kind: str
    resumed_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnalysis:
    action_name: str
    goal: str
    derived: bool | None = None
    """True if it repeats the task's own words, and no model was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    message: str
    percent: float | None = None

    def __post_init__(self) -> None:
        require_finite(self.percent)
        if self.percent is not None and not 0 <= self.percent <= 100:
            raise ValueError(f"percent must be between 0 and 100, not {self.percent}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPaused:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResumed:
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    by: str
    mode: CancelMode


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskComplete:
    final_answer: str
    duration_ms: int
    total_iterations: int | None = None
    exit_code: int | None = None
    usage: Usage | None = None
    waited_ms: int | None = None
    """How long the task waited for people or was paused; not included in `duration_ms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed:
    error: str
    reason: FailureReason
    duration_ms: int
    exit_code: int | None = None
    waited_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled:
    reason: CancelReason
    by: str
    duration_ms: int
    waited_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInterrupted:
    reason: InterruptReason
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Something went wrong and the task goes on."""

    message: str
    phase: str
    recoverable: bool


FinalEvent = TaskComplete | TaskFailed | TaskCancelled | TaskInterrupted
"""Exactly one of these ends a task, and nothing of that task follows it."""

TaskEvent = (
    TaskQueued
    | TaskStarted
    | TaskAnalysis
    | Progress
    | TaskPaused
    | TaskResumed
    | CancelRequested
    | Error
    | FinalEvent
)
