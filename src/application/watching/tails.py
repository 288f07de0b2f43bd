"""The newest events of the sessions that are watched, shared by all their watchers."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from application.watching.task_watchers import TaskWatchers
from domain.ids import AgentName, SessionId, SessionKey
from domain.principal import Principal
from domain.task import Task
from ports.event_log import EventLog, StoredEvent
from ports.session_store import SessionStore
from ports.task_feed import TaskFeed

RING_BYTES = 512 * 1024
"""How much of a watched session is kept in memory; what is older is read from the log."""

Wake = Callable[[], None]
Render = Callable[[StoredEvent], bytes]
"""Encodes an event as most writers of streams send it; called once for all watchers."""


@dataclass(frozen=True, slots=True)
class TailEvent:
    stored: StoredEvent
    rendered: bytes
    """As `Render` encoded it, for writers only: nothing in here reads it."""
    shown_at: float | None = None
    """When it was shown, by a monotonic clock; None for what was read from the log."""


@dataclass(slots=True, eq=False)
class Tail:
    """A cache of one session's end. The log is the truth; this only saves reading it."""

    session_key: SessionKey
    last_seq: int = 0
    """The newest seq that was seen committed, whether the ring holds it or not."""
    is_deleted: bool = False
    watchers: dict[Wake, None] = field(default_factory=dict)
    _ring: deque[TailEvent] = field(default_factory=deque)
    _ring_bytes: int = 0

    def after(self, seq: int) -> list[TailEvent] | None:
        """All events above `seq`, in order; None when the ring does not hold all of them."""
        missing = self.last_seq - seq
        if missing <= 0:
            return []
        if not self._ring or self._ring[0].stored.seq > seq + 1:
            return None
        if self._ring[-1].stored.seq != self.last_seq:
            return None
        return list(islice(reversed(self._ring), missing))[::-1]

    def push(self, event: TailEvent) -> None:
        """Append an event. One that is here already is ignored; a gap before it empties the ring."""
        seq = event.stored.seq
        if self._ring and seq <= self._ring[-1].stored.seq:
            return
        if self._ring and seq != self._ring[-1].stored.seq + 1:
            self._ring.clear()
            self._ring_bytes = 0
        self._ring.append(event)
        self._ring_bytes += len(event.rendered)
        while self._ring_bytes > RING_BYTES and len(self._ring) > 1:
            self._ring_bytes -= len(self._ring.popleft().rendered)
        self.last_seq = max(self.last_seq, seq)

    def wake_all(self) -> None:
        for wake in tuple(self.watchers):
            wake()


@dataclass(slots=True, eq=False)
class AwaitedSession:
    """A session that is watched before it exists."""

    principal: Principal
    session_id: SessionId
    is_missing: bool = False
    """The store did not have it when its watchers asked; they are woken when it is made."""
    session_key: SessionKey | None = None
    """Set when it has been made, before its watchers are woken."""
    watchers: dict[Wake, None] = field(default_factory=dict)


class Tails:
    """Every watched session has a tail, from its first watcher to its last.

    Only the event loop's own thread may call this.
    """

    def __init__(
        self, *, log: EventLog, sessions: SessionStore, feed: TaskFeed, render: Render
    ) -> None:
        self._log = log
        self._sessions = sessions
        self.render = render
        self._tails: dict[SessionKey, Tail] = {}
        self._awaited: dict[tuple[str, str, SessionId], AwaitedSession] = {}
        self._task_watchers = TaskWatchers(feed)

    def join(self, session_key: SessionKey, wake: Wake) -> Tail:
        """Wake this watcher whenever there may be more, until it leaves.

        Join before reading how far the log goes: between a read and a later join, an event could
        be committed and published, and nothing would wake this watcher for it.
        """
        tail = self._tails.setdefault(session_key, Tail(session_key))
        tail.watchers[wake] = None
        return tail

    def leave(self, tail: Tail, wake: Wake) -> None:
        tail.watchers.pop(wake, None)
        if not tail.watchers and self._tails.get(tail.session_key) is tail:
            del self._tails[tail.session_key]

    def publish(
        self, session_key: SessionKey, stored: Sequence[StoredEvent], *, at: float
    ) -> None:
        """Append committed events, in order. Call it after the commit, never before."""
        if (tail := self._tails.get(session_key)) is None or not stored:
            return
        for event in stored:
            tail.push(TailEvent(event, self.render(event), at))
        tail.wake_all()

    def await_session(
        self, principal: Principal, session_id: SessionId, wake: Wake
    ) -> AwaitedSession:
        """Wake this watcher when the session is made; `forget_session` undoes it."""
        name = (principal.tenant, principal.owner, session_id)
        awaited = self._awaited.setdefault(name, AwaitedSession(principal, session_id))
        awaited.watchers[wake] = None
        return awaited

    def forget_session(self, awaited: AwaitedSession, wake: Wake) -> None:
        awaited.watchers.pop(wake, None)
        name = (awaited.principal.tenant, awaited.principal.owner, awaited.session_id)
        if not awaited.watchers and self._awaited.get(name) is awaited:
            del self._awaited[name]

    def session_appeared(
        self, principal: Principal, session_id: SessionId, session_key: SessionKey
    ) -> None:
        name = (principal.tenant, principal.owner, session_id)
        if awaited := self._awaited.pop(name, None):
            awaited.session_key = session_key
            for wake in awaited.watchers:
                self.join(session_key, wake)  # now, so that its first event is not missed
            _wake(awaited.watchers)

    def session_deleted(self, session_key: SessionKey) -> None:
        if tail := self._tails.get(session_key):
            tail.is_deleted = True
            tail.wake_all()

    def await_tasks(self, principal: Principal, agents: Collection[AgentName], wake: Wake) -> None:
        """Wake this watcher when a task of these is submitted; `forget_tasks` undoes it."""
        self._task_watchers.add(wake, principal, agents)

    def forget_tasks(self, wake: Wake) -> None:
        self._task_watchers.remove(wake)

    def task_submitted(self, task: Task) -> None:
        self._task_watchers.submitted(task)

    def forget(self, wake: Wake) -> None:
        """Leave all that this watcher has joined or awaits, when its opening has failed."""
        for tail in tuple(self._tails.values()):
            self.leave(tail, wake)
        for awaited in tuple(self._awaited.values()):
            self.forget_session(awaited, wake)

    async def look(self, only: SessionKey | None = None) -> None:
        """Ask the store what other processes have written, and wake those who watch it."""
        if only is not None:
            await self.look_at([only])
            return
        await self.look_at(tuple(self._tails))
        await self._look_for_sessions()
        await self._task_watchers.look()

    async def look_at(self, keys: Collection[SessionKey]) -> None:
        """Ask the store how far these sessions' logs go now."""
        watched = [key for key in keys if key in self._tails]
        if watched:
            last_seqs = await self._log.last_seqs(watched)
            for key in watched:
                self._seen(key, last_seqs.get(key))

    async def _look_for_sessions(self) -> None:
        awaited: dict[Principal, list[SessionId]] = {}
        for one in self._awaited.values():
            awaited.setdefault(one.principal, []).append(one.session_id)
        for principal, session_ids in awaited.items():
            found = await self._sessions.find_keys(principal, session_ids)
            for session_id, key in found.items():
                self.session_appeared(principal, session_id, key)
            await self.look_at(found.values())

    def _seen(self, key: SessionKey, last_seq: int | None) -> None:
        if (tail := self._tails.get(key)) is None:
            return
        if last_seq is None:
            self.session_deleted(key)
        elif last_seq > tail.last_seq:
            tail.last_seq = last_seq
            tail.wake_all()


def _wake(watchers: Iterable[Wake]) -> None:
    for wake in tuple(watchers):
        wake()
