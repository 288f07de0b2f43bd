"""A session: a conversation, and the scope of a stream and of an event order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from domain.task import TaskStatus

SessionStatus = Literal["idle", "running", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    session_key: SessionKey
    session_id: SessionId
    principal: Principal
    status: SessionStatus
    """Derived from its tasks: waiting if one waits for a person, else running if one is live."""
    created_at: datetime
    updated_at: datetime
    first_seq: int
    """The first event still in the log; `last_seq` + 1 when none is."""
    last_seq: int
    last_task_status: TaskStatus | None = None
    """Of the task that was submitted last."""
    title: str | None = None
    metadata: Mapping[str, object] | None = None
