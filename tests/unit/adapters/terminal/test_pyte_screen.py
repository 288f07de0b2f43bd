"""What a terminal would show of what programs write to it."""

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.terminal.pyte_screens import PyteScreens
from ports.terminal_screen import ScreenView, TerminalScreen, TypingModes

PROGRAMS = ("claude-code", "codex", "gemini-cli")
RECORDED = Path(__file__).parents[3] / "data/terminal"
UNFRIENDLY = (
    "a日e\u0301\U0001f600\x1b[]P\\?>;:0123456789mHJKrhlXLMbST78c(\x07\x18\r\n\t\b\x9b\x90\x9c\x00"
)


def shown(text: str | Iterable[str], *, rows: int = 4, columns: int = 10) -> ScreenView:
    screen = new_screen(rows=rows, columns=columns)
    for piece in text:
        screen.feed(piece)
    return screen.view()


def new_screen(*, rows: int = 4, columns: int = 10) -> TerminalScreen:
    return PyteScreens().new(rows=rows, columns=columns)


def lines(text: str) -> list[str]:
    """Those that are there, up to the last."""
    return "\n".join(shown([text]).lines).rstrip("\n").split("\n")


def test_a_view_has_every_row_the_cursor_and_the_title() -> None:
    view = shown(["\x1b]0;my title\x07one\r\ntwo"])

    assert view == ScreenView(
        lines=("one", "two", "", ""), cursor_row=1, cursor_column=3, columns=10, title="my title"
    )


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("abcdefghijkl", ["abcdefghij", "kl"]),
        ("abcdefghij\r\nkl", ["abcdefghij", "kl"]),
        ("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
        ("10%\r20%", ["20%"]),
        ("\x1b[2;3Hx", ["", "  x"]),
        ("\x1b[31mred\x1b[0m", ["red"]),
        ("\x1b[>4;2m\x1b[<u\x1b[?2026hx\x1b[?2026l", ["x"]),
        ("a\x1bPq#1~\x07-\x1b\\b\x1b_Gi=1;AAAA\x1b\\c\x1b^pm\x1b\\d\x1bXsos\x1b\\e", ["abcde"]),
        ("a\x9dtitle\x9cb\x90dcs\x9cc", ["abc"]),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["link"]),
        ("x\x1b[c\x1b[6n\x1b[>0q\x1b[?1$p\x1b]11;?\x07y", ["xy"]),
        ("one\r\ntwo\x1b[?1049h\x1b[Hfull\x1b[?1049l!", ["one", "two!"]),
        ("one\ntwo\x1b[?1049h\x1b[Ha\nb\x1b[?1049l\n!", ["one", "two", "!"]),
        ("\x1b[?1049h\x1b[Ha\nb", ["a", " b"]),
        ("1\r\n2\r\n3\x1b[1;2r\x1b[2;1H\nx", ["2", "x", "3"]),
        ("ab\x1b[3bc", ["abbbbc"]),
        ("日本\x1b[2Gx", [" x本"]),
        ("日本\x1b[1Gx", ["x 本"]),
        ("123456789日", ["123456789", "日"]),
        ("e\u0301\U0001f468\u200d\U0001f469", ["e\u0301\U0001f468\u200d\U0001f469"]),
        ("\x1b(0lqk\x1b(B lqk", ["┌─┐ lqk"]),
        ("\x1b7\x1b[3;3Ha\x1b8b\x1b8c", ["c", "", "  a"]),
        ("abc\x1b[?3h\x1b[?5hd", ["abcd"]),
        ("abc\x1b[1K\x1b[9K\x1b[9Jd", ["   d"]),
        ("a\x1b[99999999999999999999999Cb", ["a        b"]),
        ("a\x1b[1\x18b\x1b[;;;;Hc", ["cb"]),
        ("\x1b[?7labcdefghijkl", ["abcdefghil"]),
    ],
)
def test_text_is_placed_as_on_a_terminal(text: str, rows: list[str]) -> None:
    assert lines(text) == rows


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_real_program_looks_the_same_however_its_output_is_cut(program: str) -> None:
    text = recorded(program)

    whole = shown([text], rows=40, columns=120)

    assert shown(text, rows=40, columns=120) == whole
    assert any(whole.lines)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (24, 80)])
def test_a_real_program_fits_any_screen(program: str, size: tuple[int, int]) -> None:
    rows, columns = size

    view = shown([recorded(program)], rows=rows, columns=columns)

    assert (len(view.lines), view.columns) == (rows, columns)


def test_the_last_frame_of_a_real_program_can_be_read() -> None:
    view = shown([recorded("gemini-cli")], rows=40, columns=120)

    assert any("hello.txt" in line for line in view.lines)


@given(st.lists(st.text(alphabet=st.sampled_from(UNFRIENDLY)) | st.text(), max_size=20))
def test_any_text_can_be_shown_and_cut_anywhere(pieces: list[str]) -> None:
    view = shown(pieces)

    assert view == shown(list("".join(pieces)))
    assert 0 <= view.cursor_row < 4 and 0 <= view.cursor_column < 10
    assert all(len(line) < 200 for line in view.lines)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_shown(data: bytes) -> None:
    assert len(shown([data.decode(errors="replace")]).lines) == 4


@given(st.text(alphabet=st.sampled_from(UNFRIENDLY)), st.integers(1, 12), st.integers(1, 12))
def test_a_screen_can_be_resized_at_any_time(text: str, rows: int, columns: int) -> None:
    screen = new_screen()
    screen.feed(text)

    screen.resize(rows=rows, columns=columns)
    screen.feed(text)

    view = screen.view()
    assert (len(view.lines), view.columns) == (rows, columns)
    assert view.cursor_row < rows and view.cursor_column < columns


@pytest.mark.parametrize("seed", range(40))
def test_no_error_is_logged(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    random = Random(seed)

    shown("".join(random.choices(UNFRIENDLY, k=80)) for _ in range(20))

    assert caplog.messages == []


def test_a_smaller_screen_keeps_what_is_at_the_cursor() -> None:
    screen = new_screen()
    screen.feed("1\r\n2\r\n3")

    screen.resize(rows=2, columns=5)

    assert screen.view().lines == ("2", "3")


def test_a_flood_of_marks_on_one_character_is_bounded() -> None:
    assert len(shown(["a" + "\u0301" * 10_000]).lines[0]) < 20


def test_input_modes_are_known() -> None:
    screen = new_screen()
    before = screen.modes
    screen.feed("\x1b[?1;2004h")
    asked = screen.modes
    screen.feed("\x1b[?2004l\x1b[?1l")

    assert asked == TypingModes(pastes_in_brackets=True, application_cursor=True)
    assert before == screen.modes == TypingModes()


def recorded(program: str) -> str:
    return (RECORDED / f"{program}.raw").read_bytes().decode()


def resized_by_xterm() -> list[dict[str, Any]]:
    """Steps, and what xterm.js 6.0.0 (`@xterm/headless`) showed after them."""
    cases: list[dict[str, Any]] = json.loads((RECORDED / "resized-by-xterm.json").read_bytes())
    return cases


@pytest.mark.parametrize("case", resized_by_xterm())
def test_lines_are_reflowed_as_by_xterm(case: dict[str, Any]) -> None:
    screen = new_screen(rows=case["rows"], columns=case["columns"])

    for step in case["steps"]:
        if "write" in step:
            screen.feed(step["write"])
        else:
            screen.resize(columns=step["resize"][0], rows=step["resize"][1])

    view = screen.view()
    assert list(view.lines) == case["shown"]
    assert view.cursor_row == case["cursor_row"]


def test_a_screen_that_becomes_small_and_large_again_shows_what_it_showed() -> None:
    screen = new_screen(rows=4, columns=10)
    screen.feed("one 1 one 1\r\ntwo\r\n$ ")
    before = screen.view()

    screen.resize(rows=2, columns=6)
    small = screen.view()
    screen.resize(rows=4, columns=10)

    assert small.lines == ("two", "$")
    assert screen.view() == before


def test_the_alternate_screen_is_not_reflowed() -> None:
    screen = new_screen(rows=3, columns=10)
    screen.feed("abcdefghijkl\r\n$ \x1b[?1049h\x1b[H0123456789")

    screen.resize(rows=3, columns=6)
    full = screen.view()
    screen.feed("\x1b[?1049l")

    assert full.lines == ("012345", "", "")
    assert screen.view().lines == ("abcdef", "ghijkl", "$")
