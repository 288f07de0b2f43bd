"""The ring of a watched session: a cache that may be short, but never wrong."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_feed import MemoryTaskFeed
from application.watching.tails import RING_BYTES, Tail, TailEvent, Tails
from domain.ids import SessionKey
from ports.event_log import StoredEvent
from tests.fakes import FakeClock
from tests.unit.tail_event import tail_event


def event(seq: int, *, size: int = 10) -> TailEvent:
    return tail_event(seq, b"x" * size)


def tail_of(*seqs: int) -> Tail:
    tail = Tail(SessionKey(1))
    for seq in seqs:
        tail.push(event(seq))
    return tail


def seqs_after(tail: Tail, seq: int) -> list[int] | None:
    events = tail.after(seq)
    return None if events is None else [one.stored.seq for one in events]


def test_what_is_behind_a_position_comes_in_order() -> None:
    assert seqs_after(tail_of(1, 2, 3), 1) == [2, 3]


def test_a_position_at_the_end_has_nothing_behind_it() -> None:
    assert seqs_after(tail_of(1, 2, 3), 3) == []


def test_a_position_before_the_ring_must_be_read_from_the_log() -> None:
    assert seqs_after(tail_of(5, 6), 3) is None


def test_a_gap_empties_the_ring_so_that_nothing_is_passed_over() -> None:
    tail = tail_of(1, 2, 5)

    assert seqs_after(tail, 2) is None
    assert seqs_after(tail, 4) == [5]


def test_an_event_that_is_known_already_is_not_taken_twice() -> None:
    assert seqs_after(tail_of(1, 2, 2, 1, 3), 0) == [1, 2, 3]


def test_events_of_another_process_are_a_gap_until_they_are_read() -> None:
    tail = tail_of(1, 2)
    tail.last_seq = 4

    assert seqs_after(tail, 2) is None


def test_the_ring_is_bounded_by_its_bytes() -> None:
    tail = Tail(SessionKey(1))
    for seq in range(1, 101):
        tail.push(event(seq, size=RING_BYTES // 10))

    assert seqs_after(tail, 0) is None
    assert seqs_after(tail, 99) == [100]


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(0, 30))
def test_whatever_order_events_are_shown_in_no_watcher_gets_a_hole(
    seqs: list[int], position: int
) -> None:
    tail = tail_of(*seqs)

    got = seqs_after(tail, position)

    assert got is None or got == list(range(position + 1, tail.last_seq + 1))


def test_an_event_is_rendered_once_for_all_who_watch_its_session() -> None:
    rendered: list[int] = []

    def render(stored: StoredEvent) -> bytes:
        rendered.append(stored.seq)
        return b"opaque"

    database = MemoryDatabase(FakeClock())
    tails = Tails(
        log=MemoryEventLog(database),
        sessions=MemorySessionStore(database),
        feed=MemoryTaskFeed(database),
        render=render,
    )
    tail, same = (tails.join(SessionKey(1), lambda: None) for _ in range(2))

    tails.publish(SessionKey(1), [event(1).stored, event(2).stored], at=0.0)
    tails.publish(SessionKey(2), [event(1).stored], at=0.0)

    assert tail is same and rendered == [1, 2]
    assert [one.rendered for one in tail.after(0) or ()] == [b"opaque"] * 2
