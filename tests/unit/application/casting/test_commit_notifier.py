"""After a commit watchers here are up to date before another process is hinted."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from adapters.http.streaming.frames import event_frame
from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_feed import MemoryTaskFeed
from application.casting.commit_notifier import CommitNotifier
from application.watching.tails import Tails
from domain.ids import AgentName, SessionId, SessionKey
from domain.principal import LOCAL
from ports.session_store import DeletedSession
from ports.wakeups import Hint
from tests.fakes import FakeClock
from tests.process_fakes import process_task
from tests.unit.fake_event_log import event

KEY = SessionKey(7)


class Steps:
    """What watchers and other processes get to see, in order."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        database = MemoryDatabase(FakeClock())
        self.tails = Tails(
            log=MemoryEventLog(database),
            sessions=MemorySessionStore(database),
            feed=MemoryTaskFeed(database),
            render=event_frame,
        )
        self.notifier = CommitNotifier(tails=self.tails, wakeups=self, clock=FakeClock())

    def notify(self, hint: Hint) -> None:
        self.seen.append(("hint", hint))

    def listen(
        self, callback: Callable[[Hint], None], *, others_only: bool = False
    ) -> AbstractContextManager[None]:
        return nullcontext()


async def test_events_are_in_the_tail_in_order_before_another_process_is_hinted() -> None:
    steps = Steps()
    tail = steps.tails.join(
        KEY, lambda: steps.seen.append([one.stored.seq for one in tail.after(3) or ()])
    )
    tail.last_seq = 3

    steps.notifier.events_stored(KEY, [event(4), event(5)])

    assert steps.seen == [[4, 5], ("hint", KEY)]


async def test_a_watcher_of_a_session_yet_to_be_made_misses_none_of_its_events() -> None:
    steps = Steps()
    awaited = steps.tails.await_session(LOCAL, SessionId("s"), lambda: None)

    steps.notifier.session_created(LOCAL, SessionId("s"), KEY)
    steps.notifier.events_stored(KEY, [event(1)])

    assert awaited.session_key == KEY
    tail = steps.tails.join(KEY, lambda: None)
    assert [one.stored.seq for one in tail.after(0) or ()] == [1]


async def test_watchers_see_the_end_of_a_session_before_another_process_is_hinted() -> None:
    steps = Steps()
    tail = steps.tails.join(KEY, lambda: steps.seen.append(tail.is_deleted))

    steps.notifier.session_deleted(DeletedSession(session_key=KEY, cancelled=0))

    assert steps.seen == [True, ("hint", None), ("hint", KEY)]


async def test_a_queued_task_wakes_who_follows_its_agent_and_then_other_processes() -> None:
    steps = Steps()
    task = replace(process_task("work"), session_key=KEY)
    steps.tails.await_tasks(
        task.principal, [AgentName(task.agent)], lambda: steps.seen.append("woken")
    )

    steps.notifier.task_queued(task)

    assert steps.seen == ["woken", ("hint", None)]


async def test_intents_and_answers_reach_the_node_that_runs_the_task() -> None:
    steps = Steps()

    steps.notifier.intent_stored()
    steps.notifier.answer_stored(KEY)

    assert steps.seen == [("hint", None), ("hint", KEY)]
