"""A CommitNotifier without watchers, for the tests of its callers."""

from adapters.http.streaming.frames import event_frame
from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_feed import MemoryTaskFeed
from adapters.memory.wakeups import MemoryWakeups
from application.casting.commit_notifier import CommitNotifier
from application.watching.tails import Tails
from ports.wakeups import Wakeups
from tests.fakes import FakeClock


def notifier_without_watchers(wakeups: Wakeups | None = None) -> CommitNotifier:
    clock = FakeClock()
    database = MemoryDatabase(clock)
    tails = Tails(
        log=MemoryEventLog(database),
        sessions=MemorySessionStore(database),
        feed=MemoryTaskFeed(database),
        render=event_frame,
    )
    return CommitNotifier(tails=tails, wakeups=wakeups or MemoryWakeups(), clock=clock)
