"""The durable log of events: one sequence without holes for each session."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from domain.ids import AgentName, LeaseId, SessionKey, Tag, TaskId
from domain.task_change import TaskChange


class EncodedEvent(NamedTuple):
    """An event's JSON in two parts; its seq goes between them.

    A tuple, as StoredEvent is, because it takes half the time to make, and there are many.
    """

    event_type: str
    task_id: TaskId
    agent: AgentName
    tag: Tag
    at: datetime
    head: bytes
    tail: bytes

    def at_seq(self, seq: int) -> "StoredEvent":
        return StoredEvent(
            seq=seq,
            tag=self.tag,
            event_type=self.event_type,
            task_id=self.task_id,
            agent=self.agent,
            body=b"%b%d%b" % (self.head, seq, self.tail),
        )

    def in_queue(self, position: int) -> "EncodedEvent":
        """A `task_queued` with its position, which only the transaction that queues it knows."""
        return self._replace(tail=b',"position":%d%b' % (position, self.tail))


class StoredEvent(NamedTuple):
    seq: int
    tag: Tag
    event_type: str
    task_id: TaskId
    agent: AgentName
    body: bytes
    """One line of JSON in ASCII; empty when the event was compacted away."""


class Recorded(NamedTuple):
    """A stored event without its body."""

    seq: int
    at: datetime
    event_type: str
    task_id: TaskId
    agent: AgentName
    is_whole: bool
    """False when it was compacted away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Events of one task by the runner that holds its lease, and what they do to the task."""

    session_key: SessionKey
    task_id: TaskId
    lease_id: LeaseId
    events: Sequence[EncodedEvent]
    change: TaskChange | None = None
    """Applied in the same transaction. A final one frees the session for its next task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    first_seq: int
    """1 for a log that was never trimmed; `last_seq` + 1 when nothing is left."""
    last_seq: int
    """0 for a log without events."""


class EventLog(Protocol):
    """Callers of its reads have checked the session's owner; the log does not."""

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        """Store the events with the next seqs, all or none, durable when it returns.

        Appends of one caller are stored in the order of the calls. Those made during a transaction
        are stored together in the next one.

        Raises LeaseLost if the lease is not the one of the session's fence, and nothing is written
        then; LogUnavailable if the log stays out of reach for 30 s; StorageFull.
        """

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        """Up to `limit` events with a seq above `after`, in order, without a hole between them.

        An unknown session has none. If the log was trimmed beyond `after`, the first event
        returned has a seq above `after` + 1.
        """

    async def find(
        self, session_key: SessionKey, *, event_types: Collection[str], after: int, limit: int
    ) -> Sequence[StoredEvent]:
        """Up to `limit` events of these types with a seq above `after`, in order.

        Only these are fetched, so that a few are found quickly in a long log of others.
        """

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        """None for an unknown or deleted session."""

    async def tag_at(self, session_key: SessionKey, seq: int) -> Tag | None:
        """The tag of that event; None if the log does not hold it."""

    async def last_seqs(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        """The last seq of each of these sessions; unknown and deleted ones are left out."""

    async def newest(
        self, session_key: SessionKey, *, below: int, limit: int
    ) -> Sequence[Recorded]:
        """Up to `limit` events with a seq below `below`, the newest first.

        An unknown session has none.
        """

    async def seq_before(self, session_key: SessionKey, at: datetime) -> int:
        """The seq after which the events recorded at or after `at` begin."""
