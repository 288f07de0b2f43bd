"""Pages of a log: whole and in order, or an error."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from application.watching.history import History, HistoryOf, HistoryPage
from application.watching.stream_request import FromCursor, FromNow, Replay, Since, Start
from domain.events import EVENT_CLASSES
from domain.ids import TaskId
from tests.unit.fake_event_log import AT, KEY, FakeEventLog, event

ALL = frozenset(EVENT_CLASSES)
SESSION = HistoryOf(session_key=KEY, event_types=ALL)
TASK = HistoryOf(
    session_key=KEY, task_id=TaskId("mine"), first_seq=1001, last_seq=1010, event_types=ALL
)
RESET = HistoryPage(reset="trimmed")


def bodies(seqs: Iterable[int]) -> list[bytes]:
    return [b"%d" % seq for seq in seqs]


def busy_log() -> FakeEventLog:
    """A task of ten events in the middle of a long session."""
    mine = range(1001, 1011)
    return FakeEventLog(
        *(event(seq, task="mine" if seq in mine else "t") for seq in range(1, 3001))
    )


async def test_a_hole_is_reported_and_not_passed_over() -> None:
    log = FakeEventLog(*map(event, (1, 2, 5, 6)))
    history = History(log=log)

    first = await history.page(SESSION, FromNow(), limit=10)
    second = await history.page(SESSION, FromCursor("2-00000002"), limit=10)
    behind = await history.page(SESSION, Since(AT + timedelta(seconds=5)), limit=10)

    assert first == HistoryPage(bodies=bodies([1, 2]), cursor="2-00000002")
    assert second == RESET
    assert behind == HistoryPage(bodies=bodies([5, 6]))


async def test_a_log_that_lost_its_last_events_is_reported() -> None:
    log = FakeEventLog(*map(event, (1, 2, 3)))
    del log.events[3]

    assert await History(log=log).page(SESSION, FromCursor("2-00000002"), limit=10) == RESET


async def test_a_page_for_a_rare_kind_ends_before_the_log_does() -> None:
    rare = event(20_000, kind="task_complete")
    log = FakeEventLog(*map(event, range(1, 20_000)), rare)
    history = History(log=log)
    wanted = HistoryOf(session_key=KEY, event_types=frozenset({"task_complete"}))

    page = await history.page(wanted, FromNow(), limit=10)
    reads = len(log.reads)
    found = list(page.bodies)
    while page.cursor:
        page = await history.page(wanted, FromCursor(page.cursor), limit=10)
        found += page.bodies

    assert reads == 10
    assert found == [rare.body]


@pytest.mark.parametrize(
    ("start", "seqs"),
    [
        (FromNow(), range(1001, 1011)),
        (Replay(None), range(1001, 1011)),
        (Replay(3), range(1008, 1011)),
        (Replay(5000), range(1001, 1011)),
        (Replay(0), ()),
        (Since(AT), range(1001, 1011)),
        (Since(AT + timedelta(seconds=1005)), range(1005, 1011)),
        (Since(AT + timedelta(seconds=2000)), ()),
    ],
)
async def test_a_task_is_read_between_its_own_first_and_last_event(
    start: Start, seqs: Iterable[int]
) -> None:
    log = busy_log()

    page = await History(log=log).page(TASK, start, limit=500)

    assert page == HistoryPage(bodies=bodies(seqs))
    assert all(after >= 1000 for after in log.reads) and len(log.reads) <= 1
