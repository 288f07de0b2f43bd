"""A place in several sessions' logs, written as a delta from another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.cursors.composite_cursor import (
    NO_POSITIONS,
    NO_TASKS,
    CompositeCursor,
    DeltaWriter,
    Horizon,
    parse_delta,
)
from application.cursors.cursor import Cursor
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag

tags = st.integers(0, 2**32 - 1).map(lambda number: Tag(f"{number:08x}"))
cursors = st.builds(Cursor, st.integers(1, 10**17), tags)
horizons = st.just(NO_TASKS) | st.builds(Horizon, st.integers(1, 2**63 - 1), tags)


def composites(keys: st.SearchStrategy[int]) -> st.SearchStrategy[CompositeCursor]:
    return st.builds(
        lambda positions, horizon: CompositeCursor(positions=positions, horizon=horizon),
        st.dictionaries(keys.map(SessionKey), cursors, max_size=20),
        horizons,
    )


few_keys = composites(st.integers(1, 12))
any_keys = composites(st.integers(1, 2**60))


@given(any_keys | few_keys, any_keys | few_keys)
def test_any_cursor_can_be_written_as_a_delta_from_any_other(
    base: CompositeCursor, cursor: CompositeCursor
) -> None:
    text = DeltaWriter(base).write(cursor)

    assert parse_delta(text).applied_to(base) == cursor


@given(few_keys, st.lists(few_keys, max_size=8))
def test_a_writer_follows_its_cursor_wherever_it_goes(
    base: CompositeCursor, cursors: list[CompositeCursor]
) -> None:
    writer = DeltaWriter(base)

    for cursor in cursors:
        assert parse_delta(writer.write(cursor)).applied_to(base) == cursor


@given(few_keys, few_keys, st.lists(cursors, min_size=1, max_size=5))
def test_places_in_one_session_are_written_with_the_others_as_they_are(
    base: CompositeCursor, cursor: CompositeCursor, places: list[Cursor]
) -> None:
    key = SessionKey(1)
    at_end = CompositeCursor(
        positions={**cursor.positions, key: places[-1]}, horizon=cursor.horizon
    )

    texts = DeltaWriter(base).write_each(at_end, key, places)

    assert [parse_delta(text).applied_to(base) for text in texts] == [
        CompositeCursor(positions={**cursor.positions, key: place}, horizon=cursor.horizon)
        for place in places
    ]


def test_a_place_that_did_not_move_takes_no_room() -> None:
    at = Cursor(1, Tag("0000000a"))
    base = CompositeCursor(positions={SessionKey(key): at for key in range(100)})
    equal = Cursor(at.seq, at.tag)
    moved = Cursor(2, Tag("0000000b"))
    positions = {**base.positions, SessionKey(7): equal, SessionKey(10): moved}

    assert DeltaWriter(base).write(CompositeCursor(positions=positions)) == "0.a-2-0000000b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zz",
        "0.1-1-xyz",
        "0.",
        "0..1-1-0000000a",
        "8c0b2f7ac0000",
        "0-0000000a",
        "ffffffffffffffff-0000000a",
        "0.ffffffffffffffff-1-0000000a",
        "0.1-8000000000000000-0000000a",
        "0.ffffffffffffffff",
        "0.x",
    ],
)
def test_a_text_that_only_resembles_a_delta_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        parse_delta(text)


def test_a_session_that_the_base_does_not_have_cannot_be_gone() -> None:
    with pytest.raises(InvalidCursor):
        parse_delta("0.2").applied_to(NO_POSITIONS)
