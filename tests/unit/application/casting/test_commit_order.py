"""Commits are passed on in the order of their numbers, whenever their writes end."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from application.casting.commit_order import Commit, CommitOrder
from domain.events import Origin
from domain.ids import SessionId, SessionKey
from ports.event_log import StoredEvent
from tests.unit.event_strategies import ORIGIN
from tests.unit.fake_event_log import event

S = ORIGIN.session_id


class Passed:
    def __init__(self) -> None:
        self.order = CommitOrder(self._take)
        self.seqs: list[int] = []

    def _take(self, origin: Origin, stored: Sequence[StoredEvent]) -> None:
        self.seqs += [event.seq for event in stored]

    def ends(self, commit: Commit, *seqs: int) -> list[int]:
        """Its numbers become known; those that are passed on by then."""
        if seqs:
            commit.origin, commit.stored = ORIGIN, [event(seq) for seq in seqs]
        self.order.end(commit)
        return self.seqs


def test_a_lone_write_is_passed_on_at_once_whatever_other_processes_wrote() -> None:
    passed = Passed()

    assert passed.ends(passed.order.begin(S), 7, 8) == [7, 8]


def test_a_write_that_may_have_smaller_numbers_is_waited_for() -> None:
    passed = Passed()
    one, other = passed.order.begin(S), passed.order.begin(S)

    assert passed.ends(other, 3, 4) == []
    assert passed.ends(one, 2) == [2, 3, 4]


def test_a_write_that_failed_is_not_waited_for() -> None:
    passed = Passed()
    one, other = passed.order.begin(S), passed.order.begin(S)

    assert passed.ends(other, 3) == []
    assert passed.ends(one) == [3]


def test_what_begins_later_is_not_waited_for() -> None:
    passed = Passed()
    one, other = passed.order.begin(S), passed.order.begin(S)
    passed.ends(other, 3)
    passed.order.begin(S)

    assert passed.ends(one, 2) == [2, 3]


def test_other_sessions_are_not_waited_for() -> None:
    passed = Passed()
    passed.order.begin(SessionId("another"))

    assert passed.ends(passed.order.begin(S), 1) == [1]


def test_a_session_of_the_same_name_keeps_an_order_of_its_own() -> None:
    passed = Passed()
    one, mine, theirs = (passed.order.begin(S) for _ in range(3))
    theirs.origin = replace(ORIGIN, session_key=SessionKey(99))
    theirs.stored = [event(1)]
    passed.order.end(theirs)
    passed.ends(mine, 5)

    assert passed.ends(one, 4) == [1, 4, 5]


@given(st.data())
def test_whenever_writes_begin_and_end_numbers_are_passed_on_in_order(data: st.DataObject) -> None:
    """A write gets its number at some moment between its beginning and its end."""
    passed, last = Passed(), 0
    begun: list[Commit] = []
    numbered: list[tuple[Commit, int]] = []
    left = data.draw(st.integers(1, 12))
    while left or begun or numbered:
        step = data.draw(
            st.sampled_from(
                ["begin"] * bool(left) + ["number"] * bool(begun) + ["end"] * bool(numbered)
            )
        )
        if step == "begin":
            left -= 1
            begun.append(passed.order.begin(S))
        elif step == "number":
            last += data.draw(st.integers(1, 2))  # a gap is another process's
            numbered.append((begun.pop(data.draw(st.integers(0, len(begun) - 1))), last))
        else:
            commit, seq = numbered.pop(data.draw(st.integers(0, len(numbered) - 1)))
            passed.ends(commit, seq)

    assert passed.seqs == sorted(passed.seqs)
    assert len(passed.seqs) > 0
