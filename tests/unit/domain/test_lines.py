from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.lines import MAX_LINE_CHARS, Line, LineSplitter

_OUTPUT = st.lists(
    st.sampled_from(["a", "bc", "\n", "\r", "\r\n", "\x1b", "[", "1", "m", "é", "xyzxyz"]),
    max_size=60,
)


def test_line_feeds_end_lines_and_one_return_before_them_goes_too() -> None:
    splitter = LineSplitter()

    lines = [*splitter.feed("one\r\ntwo\n\nthr"), *splitter.feed("ee\r\r\n")]

    assert lines == [
        Line(text="one", number=1),
        Line(text="two", number=2),
        Line(text="", number=3),
        Line(text="three\r", number=4),
    ]


def test_what_is_left_without_a_line_feed_is_a_line_too() -> None:
    splitter = LineSplitter()

    lines = [*splitter.feed("one\ntwo"), *splitter.end()]

    assert lines == [Line(text="one", number=1), Line(text="two", number=2)]
    assert splitter.end() == []


def test_a_long_line_comes_in_pieces_that_share_its_number() -> None:
    splitter = LineSplitter(max_chars=4)

    lines = [*splitter.feed("abcdefghij"), *splitter.feed("\nk\n")]

    assert lines == [
        Line(text="abcd", number=1, is_partial=True),
        Line(text="efgh", number=1, is_partial=True),
        Line(text="ij", number=1),
        Line(text="k", number=2),
    ]


def test_a_line_as_long_as_a_piece_is_whole() -> None:
    splitter = LineSplitter(max_chars=4)

    lines = [*splitter.feed("abcd\r"), *splitter.feed("\n"), *splitter.feed("abcd\n")]

    assert lines == [Line(text="abcd", number=1), Line(text="abcd", number=2)]


def test_an_unfinished_line_can_be_shown_and_goes_on_where_it_was() -> None:
    splitter = LineSplitter()
    splitter.feed("10%")

    shown = splitter.show_unfinished()
    again = splitter.show_unfinished()
    rest = splitter.feed(" 20%\n")

    assert shown == Line(text="10%", number=1, is_partial=True)
    assert again is None
    assert rest == [Line(text=" 20%", number=1)]


def test_a_line_of_which_all_was_shown_is_still_finished() -> None:
    splitter = LineSplitter()
    splitter.feed("name? ")
    splitter.show_unfinished()

    assert splitter.end() == [Line(text="", number=1)]


def test_half_an_escape_or_line_end_is_not_shown() -> None:
    splitter = LineSplitter()
    splitter.feed("red\x1b[3")

    shown = splitter.show_unfinished()
    splitter.feed("1m!\r")
    more = splitter.show_unfinished()

    assert shown == Line(text="red", number=1, is_partial=True)
    assert more == Line(text="\x1b[31m!", number=1, is_partial=True)
    assert splitter.feed("\n") == [Line(text="", number=1)]


@given(_OUTPUT, st.integers(1, 7))
def test_the_lines_do_not_depend_on_how_the_text_is_cut(parts: list[str], max_chars: int) -> None:
    text = "".join(parts)

    assert _lines(parts, max_chars) == _lines([text], max_chars)
    assert _lines(list(text), max_chars) == _lines([text], max_chars)


@given(_OUTPUT, st.integers(1, 7), st.sets(st.integers(0, 60)))
def test_every_line_is_ended_once_and_loses_nothing(
    parts: list[str], max_chars: int, shown_after: set[int]
) -> None:
    splitter = LineSplitter(max_chars=max_chars)
    lines: list[Line] = []
    for number, part in enumerate(parts):
        lines.extend(splitter.feed(part))
        if number in shown_after and (piece := splitter.show_unfinished()):
            lines.append(piece)
    lines.extend(splitter.end())

    ended = [line.number for line in lines if not line.is_partial]
    whole = ["".join(p.text for p in lines if p.number == number) for number in ended]
    expected = [line.removesuffix("\r") for line in "".join(parts).split("\n")]

    assert ended == list(range(1, len(ended) + 1))
    assert whole == (expected if expected[-1] or len(whole) == len(expected) else expected[:-1])
    assert all(len(line.text) <= max_chars + 1 for line in lines if not shown_after)


def test_a_long_line_in_tiny_chunks_comes_in_full_pieces() -> None:
    splitter = LineSplitter()

    pieces = [piece for _ in range(100_000) for piece in splitter.feed("x")]

    assert [len(piece.text) for piece in pieces] == [MAX_LINE_CHARS] * (100_000 // MAX_LINE_CHARS)


def _lines(parts: Sequence[str], max_chars: int) -> list[Line]:
    splitter = LineSplitter(max_chars=max_chars)
    lines = [line for part in parts for line in splitter.feed(part)]
    return [*lines, *splitter.end()]
