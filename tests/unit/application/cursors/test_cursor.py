"""A place in one session's log, as clients hold it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.cursors.cursor import Cursor, parse_cursor
from domain.errors import InvalidCursor
from domain.ids import Tag

tags = st.integers(0, 2**32 - 1).map(lambda number: Tag(f"{number:08x}"))
cursors = st.builds(Cursor, st.integers(1, 10**17), tags)


@given(cursors)
def test_a_cursor_is_read_back_as_it_was_written(cursor: Cursor) -> None:
    assert parse_cursor(str(cursor)) == cursor


@given(st.text(max_size=100))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    try:
        parse_cursor(text)
    except InvalidCursor as refused:
        assert refused.field == "cursor"


@pytest.mark.parametrize("text", ["", "1", "1-0", "01-0000000a", "0-0000000a", "-1-0000000a"])
def test_a_text_that_only_resembles_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        parse_cursor(text)


@pytest.mark.parametrize("text", ["m.0.1-1-0000000a.2-1-0000000a", f"h.{'0' * 32}.0"])
def test_a_cursor_of_another_kind_of_stream_is_refused_as_that(text: str) -> None:
    with pytest.raises(InvalidCursor, match="of a stream of several sessions or an agent"):
        parse_cursor(text)
