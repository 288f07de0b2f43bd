"""A screen that is drawn only when somebody looks, and shows the same as if it always were."""

import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyte.screens import wcwidth

from adapters.terminal.pyte_screens import PyteScreens
from application.programs.live_screen import MOST_CHARS, LiveScreen, UnseenOutput
from application.serving.task_terminals import ScreenWatch
from domain.errors import StateConflict
from domain.terminal_text import ONE_CELL, TWO_CELLS
from ports.terminal_screen import ScreenView, TerminalScreen
from tests.patience import PATIENCE_S

ROWS, COLUMNS = 5, 20


@dataclass
class CountingScreens:
    """Counts what is drawn."""

    drawn: list[str] = field(default_factory=list)

    def new(self, *, rows: int, columns: int) -> TerminalScreen:
        screen = PyteScreens().new(rows=rows, columns=columns)
        feed = screen.feed

        class Counting:
            modes = screen.modes
            resize, view = screen.resize, screen.view

            @property
            def is_updating(_) -> bool:
                return screen.is_updating

            def feed(_, text: str) -> None:
                self.drawn.append(text)
                feed(text)

        return Counting()


class NoScreens:
    def new(self, *, rows: int, columns: int) -> TerminalScreen:
        raise StateConflict("not installed")


def drawn_at_once(text: str) -> ScreenView:
    screen = PyteScreens().new(rows=ROWS, columns=COLUMNS)
    screen.feed(text)
    return screen.view()


async def test_of_a_flood_of_lines_only_the_last_are_drawn() -> None:
    screens = CountingScreens()
    screen = LiveScreen(screens, rows=ROWS, columns=COLUMNS)
    for number in range(100_000):
        await screen.feed(f"\x1b[3{number % 8}mline {number}\x1b[0m\r\n")

    view = await screen.view()

    assert view.lines == (*(f"line {number}" for number in range(99_996, 100_000)), "")
    assert len("".join(screens.drawn)) < 1000


@pytest.mark.parametrize(
    "pattern",
    ["0123456", "zwölf ", "日本語", "\x1b[31mred\x1b[0m", "x\0\0", "\r=======> 50 %\r=> 9 %"],
)
async def test_of_a_flood_without_line_ends_only_what_stays_is_drawn(pattern: str) -> None:
    screens = CountingScreens()
    screen = LiveScreen(screens, rows=ROWS, columns=COLUMNS)
    flood = pattern * (400_000 // len(pattern))
    for start in range(0, len(flood), 16_384):
        await screen.feed(flood[start : start + 16_384])

    assert await screen.view() == drawn_at_once(flood)
    assert len("".join(screens.drawn)) < 8 * ROWS * COLUMNS


async def test_what_moves_the_cursor_is_drawn_before_it_gets_too_much() -> None:
    screens = CountingScreens()
    screen = LiveScreen(screens, rows=ROWS, columns=COLUMNS)
    for number in range(60_000):
        await screen.feed(f"\x1b[2;3H{number}")

    assert screen.unseen_chars <= MOST_CHARS
    assert (await screen.view()).lines[1] == "  59999"
    assert max(map(len, screens.drawn)) <= 2048


@given(
    st.sampled_from(["", "\x1b[?7l", "\x1b[4h", "\x1b[2;4r", "\x1b[3;4r\x1b[5;9H", "\x1b[?1049h"]),
    st.lists(
        st.sampled_from(
            [
                *("a", "\r\n", "\n", "\r", "long " * 9, "\x1b[31m", "\x1b[", "2", "A", "\t", "日"),
                # Longer than what is kept of them, in cells of both widths, and nothing at all.
                *("0123456" * 50, "äß─" * 90, "日本語" * 60, "\0\0", "e\u0301"),
                # Written over itself, also to the last column of the row and beyond it.
                *("\r=" * 9, "\rabcdef\rxy" * 3, "\r" + "x" * 20, "\r" + "y" * 21, "\r\r"),
            ]
        ),
        max_size=60,
    ),
)
async def test_what_is_forgotten_would_not_be_seen(mode: str, pieces: list[str]) -> None:
    screen = LiveScreen(PyteScreens(), rows=ROWS, columns=COLUMNS)
    await screen.feed(mode)
    await screen.view()
    for piece in pieces:
        await screen.feed(piece)

    assert await screen.view() == drawn_at_once(mode + "".join(pieces))


@pytest.mark.parametrize(("cells", "width"), [(ONE_CELL, 1), (TWO_CELLS, 2)])
def test_the_widths_are_those_of_the_screen(cells: str, width: int) -> None:
    known = re.compile(f"[{cells}]")

    assert all(wcwidth(char) == width for char in map(chr, range(0x10000)) if known.match(char))


async def test_half_a_sequence_waits_for_the_rest() -> None:
    unseen = UnseenOutput(rows=ROWS, columns=COLUMNS)
    unseen.add("text\x1b[3")

    assert (unseen.take(100), unseen.take(100), len(unseen)) == ("text", "", 3)
    unseen.add("1mred")
    assert unseen.take(100) == "\x1b[31mred"


async def test_a_screen_that_cannot_be_drawn_holds_nothing_up() -> None:
    screen = LiveScreen(NoScreens(), rows=ROWS, columns=COLUMNS)
    for _ in range(1000):
        await screen.feed("\x1b[H" + "x" * 1000)
    await screen.resize(rows=9, columns=9)
    await screen.end()

    assert screen.unseen_chars <= MOST_CHARS


async def test_the_size_holds_for_what_comes_after_it() -> None:
    screen = LiveScreen(PyteScreens(), rows=ROWS, columns=COLUMNS)
    await screen.feed("x" * 25 + "\n")
    await screen.resize(rows=3, columns=10)
    await screen.feed("y" * 12)

    assert (await screen.view()).lines == ("xxxxx", "yyyyyyyyyy", "yy")


async def test_while_a_program_updates_the_screen_the_last_whole_one_is_shown() -> None:
    screen = LiveScreen(PyteScreens(), rows=ROWS, columns=COLUMNS)
    await screen.feed("before\x1b[?2026h\x1b[2J\x1b[Hhal")
    during = await screen.view()
    await screen.feed("f and half\x1b[?2026l")

    assert during.lines[0] == "before"
    assert (await screen.view()).lines[0] == "half and half"


async def test_an_update_that_is_never_finished_is_shown_as_far_as_it_came() -> None:
    screen = LiveScreen(PyteScreens(), rows=ROWS, columns=COLUMNS)
    watch = ScreenWatch(screen)
    await screen.feed("before\x1b[?2026h\x1b[2J\x1b[Hhal")
    first = await watch.next(timeout_s=PATIENCE_S)
    second = await watch.next(timeout_s=PATIENCE_S)
    await screen.feed("\x1b[?2026h\x1b[2J\x1b[Hlast words")
    await screen.end()

    assert first is not None and second is not None
    assert (first.lines[0], second.lines[0]) == ("before", "hal")
    assert (await screen.view()).lines[0] == "last words"
