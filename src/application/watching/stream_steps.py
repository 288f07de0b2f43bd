"""What the next step of a watch may be; the writer of a stream turns it into bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from application.cursors.cursor import Cursor
from application.watching.tails import TailEvent
from domain.ids import AgentName, SessionId, TaskId
from ports.event_log import StoredEvent

ResetReason = Literal["trimmed", "future", "diverged"]
EndReason = Literal["task_finished", "session_deleted", "auth_expired", "server_draining", "limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """First of all. A stream of several sessions leaves the seqs out."""

    cursor: str
    """The id from which the stream goes on: before a reset the one that the client came with."""

    session_id: SessionId | None = None
    task_id: TaskId | None = None
    agent: AgentName | None = None
    first_seq: int | None = None
    last_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The log cannot serve the cursor; what follows begins at the earliest event."""

    reason: ResetReason
    first_seq: int | None = None
    last_seq: int | None = None
    cursor: str | None = None
    """The id of that place, once the stream has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMoved:
    """Events were left out by a filter; the cursor has passed them."""

    cursor: str
    last_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """One or more, in order; there is no hole in what the cursors pass."""

    events: Sequence[TailEvent]
    cursors: Sequence[str] | None = None
    """The id behind each of them; None in a stream of one session, whose events have their own."""
    shown_at: float | None = None
    """When the first of them was committed, by the monotonic clock, if that is to be measured."""

    def with_cursors(self) -> Iterable[tuple[StoredEvent, str]]:
        """Each event, and the id from which the stream goes on behind it."""
        stored = [event.stored for event in self.events]
        cursors = self.cursors or [str(Cursor(one.seq, one.tag)) for one in stored]
        return zip(stored, cursors, strict=True)


@dataclass(frozen=True, slots=True)
class End:
    """The last step; the stream is to be closed after it."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class Behind:
    """What comes next is not in memory: await `read`, then step again."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to write now: await `wait`, then step again."""


Step = Connected | Reset | CursorMoved | Events | End | Behind | Idle
BEHIND = Behind()
IDLE = Idle()
