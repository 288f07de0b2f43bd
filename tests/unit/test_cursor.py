"""Cursors as clients hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.composite_cursor import MAX_CHARS, CompositeCursor, parse_composite
from application.cursor import Cursor, parse_cursor
from application.cursor_shelf import CursorShelf
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag

tags = st.integers(0, 2**32 - 1).map(lambda number: Tag(f"{number:08x}"))
cursors = st.builds(Cursor, st.integers(1, 10**17), tags)
composites = st.builds(
    lambda positions, horizon_us: CompositeCursor(positions=positions, horizon_us=horizon_us),
    st.dictionaries(st.integers(1, 2**60).map(SessionKey), cursors, max_size=200),
    st.integers(0, 2**60),
)


@given(cursors)
def test_a_cursor_is_read_back_as_it_was_written(cursor: Cursor) -> None:
    assert parse_cursor(str(cursor)) == cursor


@given(composites)
def test_a_composite_cursor_is_read_back_however_long_it_is(cursor: CompositeCursor) -> None:
    shelf = CursorShelf()

    text = shelf.write(cursor)

    assert len(text) <= MAX_CHARS
    assert shelf.read(text) == cursor


@given(st.text(max_size=100))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    for parse in (parse_cursor, parse_composite, CursorShelf().read):
        try:
            parse(text)
        except InvalidCursor as refused:
            assert refused.field == "cursor"


@pytest.mark.parametrize("text", ["", "m", "m.", "m.zz", "m.1.2", "m.1.1-1-xyz", "h.1", "1-0"])
def test_what_only_resembles_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        parse_cursor(text)
    with pytest.raises(InvalidCursor):
        CursorShelf().read(text)


def test_a_handle_that_is_no_longer_kept_is_told_apart_from_nonsense() -> None:
    assert CursorShelf().read("h." + "0" * 32) is None
