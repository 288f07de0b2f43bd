"""What leaves the log when it has been kept long enough."""

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
    """The key tells a session from a later one that its owner calls the same."""

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
    """A deleted one whose last runner has stopped."""

    session_key: SessionKey
    session: SessionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    events: int
    size: int
    """About how many bytes they took."""


class EventRetention(Protocol):
    """Each call is one transaction, and short: between two of them appends get their turn.

    Times are the store's own, as they stand in its tasks. Any method may raise LogUnavailable.
    """

    async def size(self) -> int:
        """About how many bytes the log takes; room that was freed counts no more."""

    async def oldest(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        """Tasks whose sessions `trim` can remove something from; what ended first comes first."""

    async def trim(
        self, session_key: SessionKey, *, ended_before: datetime, limit: int
    ) -> Trimmed:
        """Remove up to `limit` of the session's first events and move its `first_seq` with them.

        What is left begins at the first event of a task that is unfinished or ended later, if
        there is one. Deleted sessions are trimmed as well; an unknown one has nothing to remove.
        """

    async def to_compact(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        """Tasks that were not compacted yet; what ended first comes first."""

    async def empty(self, task: EndedTask, seqs: Collection[int]) -> None:
        """Empty the bodies of these events of the task; what is no event of its is passed over."""

    async def mark_compacted(self, task: EndedTask) -> None:
        """Remember that nothing of the task is left to be emptied."""

    async def dead_sessions(self, *, limit: int) -> Sequence[DeadSession]:
        """Those that wait for `SessionStore.purge`."""

    async def tasks_of(self, session_key: SessionKey) -> Sequence[TaskId]:
        """All tasks of a session, deleted or not; nothing for an unknown one."""

    async def use_of(self, session: SessionName) -> SessionUse: ...
