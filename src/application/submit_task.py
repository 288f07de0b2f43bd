"""What a caller may say when submitting a task."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.ids import AgentName, SessionId, TaskId
from domain.limits import Limits
from domain.task import Approval, OnBusy, OnDisconnect
from ports.task_store import IdempotencyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTask:
    text: str
    session_id: SessionId | None = None
    """None makes a new session."""
    agent: AgentName | None = None
    """None takes the catalog's default."""
    limits: Limits | None = None
    on_busy: OnBusy = "enqueue"
    on_disconnect: OnDisconnect = "continue"
    approval: Approval | None = None
    workspace: str | None = None
    metadata: Mapping[str, object] | None = None
    idempotency: IdempotencyKey | None = None
    retry_of: TaskId | None = None
