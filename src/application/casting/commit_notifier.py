"""Notifies watchers in this process, and other processes, of what was committed here."""

from collections.abc import Sequence

from application.watching.tails import Tails
from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from domain.task import Task
from ports.clock import Clock
from ports.event_log import StoredEvent
from ports.session_store import DeletedSession
from ports.wakeups import Wakeups


class CommitNotifier:
    """Call it right after the commit, never before: a watcher that is woken too early finds
    nothing and sleeps again.

    The tails of this process are brought up to date before runs and other processes are hinted.
    Only the event loop's own thread may call this; nothing here waits or raises.
    """

    def __init__(self, *, tails: Tails, wakeups: Wakeups, clock: Clock) -> None:
        self._tails = tails
        self._wakeups = wakeups
        self._clock = clock

    def events_stored(self, session_key: SessionKey, stored: Sequence[StoredEvent]) -> None:
        """The events are of one session, in the order of their seqs."""
        self._tails.publish(session_key, stored, at=self._clock.monotonic())
        self._wakeups.notify(session_key)

    def session_created(
        self, principal: Principal, session_id: SessionId, session_key: SessionKey
    ) -> None:
        """Before its first events are published: whoever waits for it joins its tail here."""
        self._tails.session_appeared(principal, session_id, session_key)

    def session_deleted(self, deleted: DeletedSession) -> None:
        self._tails.session_deleted(deleted.session_key)
        self._wakeups.notify(None)
        self._wakeups.notify(deleted.session_key)

    def task_queued(self, task: Task) -> None:
        self._tails.task_submitted(task)
        self._wakeups.notify(None)

    def intent_stored(self) -> None:
        """That a task be cancelled, paused or resumed, on whichever node it runs."""
        self._wakeups.notify(None)

    def answer_stored(self, session_key: SessionKey) -> None:
        """To a question or an approval that a run of the session waits for."""
        self._wakeups.notify(session_key)
