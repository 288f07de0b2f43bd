"""What a client asks to watch, and from where."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.events import EVENT_CLASSES
from domain.ids import AgentName, SessionId, TaskId


@dataclass(frozen=True, slots=True)
class FromNow:
    """Only what comes; a stream of tasks begins at their beginning all the same."""


@dataclass(frozen=True, slots=True)
class FromCursor:
    cursor: str


@dataclass(frozen=True, slots=True)
class Since:
    at: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    last: int | None
    """How many of the newest events that the stream shows; None for all."""


Start = FromNow | FromCursor | Since | Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest:
    """At least one session, agent or task; an event must match every kind that is given."""

    session_ids: tuple[SessionId, ...] = ()
    agents: tuple[AgentName, ...] = ()
    task_ids: tuple[TaskId, ...] = ()
    event_types: frozenset[str] = field(default=frozenset(EVENT_CLASSES))
    start: Start = field(default_factory=FromNow)
