"""Removes from the log what is past its retention."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from domain.ids import SessionId, SessionKey, TaskId

SessionUse = Literal["busy", "idle", "spent", "gone"]
"""Busy: a task of the session - deleted or not - is unfinished. Idle: none is, and there are events.
Spent: all of its events were removed. Gone: it was deleted, or this store never had it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionName:
    """The key distinguishes a session from a later one with the same owner and id."""

    session_key: SessionKey
    tenant: str
    owner: str
    session_id: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedTask:
    task_id: TaskId
    session_key: SessionKey
    session: SessionName
    ended_at: datetime
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadSession:
    """A deleted session whose last run has ended."""

    session_key: SessionKey
    session: SessionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    events: int
    size: int
    """Approximate, in bytes."""


class EventRetention(Protocol):
    """Each call is one short transaction, so that appends can go on in between.

    Times are by the store's clock, as its tasks have them. Any method may raise LogUnavailable.
    """

    async def size(self) -> int:
        """About how many bytes the log takes, without space that was freed."""

    async def oldest(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        """Tasks whose sessions have something for `trim` to remove, by their end, oldest first."""

    async def trim(
        self, session_key: SessionKey, *, ended_before: datetime, limit: int
    ) -> Trimmed:
        """Remove up to `limit` of the session's first events and move its `first_seq` with them.

        What is left begins at the first event of a task that is unfinished or ended later, if
        there is one. Deleted sessions are trimmed as well; an unknown one has nothing to remove.
        """

    async def to_compact(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        """Tasks that are not compacted yet, by their end, oldest first."""

    async def empty(self, task: EndedTask, seqs: Collection[int]) -> None:
        """Empty the bodies of these events; seqs that are no events of the task are ignored."""

    async def mark_compacted(self, task: EndedTask) -> None:
        """Record that the task needs no further compaction."""

    async def dead_sessions(self, *, limit: int) -> Sequence[DeadSession]:
        """Those that `SessionStore.purge` would remove."""

    async def tasks_of(self, session_key: SessionKey) -> Sequence[TaskId]:
        """All tasks of a session, deleted or not; empty for an unknown one."""

    async def use_of(self, session: SessionName) -> SessionUse: ...
