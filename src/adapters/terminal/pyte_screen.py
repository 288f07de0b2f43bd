"""A TerminalScreen on top of pyte."""

import logging
from collections.abc import Callable, Sequence

from adapters.terminal.cast_screen import CastScreen
from adapters.terminal.output_tokens import Kind, OutputTokens
from ports.terminal_screen import ScreenView, TypingModes

log = logging.getLogger(__name__)

_MOST_DIGITS = 4
_KEPT_MODES = frozenset({4, 20})  # insert, and a line feed that returns
_KEPT_PRIVATE_MODES = frozenset({6, 7})  # origin, and wrapping at the edge
_APPLICATION_CURSOR, _PASTE_BRACKETS = 1, 2004
_SYNCHRONIZED_UPDATE = 2026
_ALTERNATE_SCREEN = frozenset({47, 1047, 1049})
_WITH_CURSOR = 1049


class PyteScreen:
    """pyte's parser is not used: it fails on sequences of current programs."""

    def __init__(self, *, rows: int, columns: int) -> None:
        self._screen = CastScreen(columns, rows)
        self._tokens = OutputTokens()
        self._modes: set[int] = set()
        self._controls = _controls(self._screen)
        self._escapes = _escapes(self._screen)
        self._movements = _movements(self._screen)

    @property
    def modes(self) -> TypingModes:
        return TypingModes(
            pastes_in_brackets=_PASTE_BRACKETS in self._modes,
            application_cursor=_APPLICATION_CURSOR in self._modes,
        )

    def feed(self, text: str) -> None:
        for kind, sequence in self._tokens.feed(text):
            try:
                self._apply(kind, sequence)
            except Exception:  # boundary: a drawing error must not end a run
                log.debug("a terminal could not show %r", sequence, exc_info=True)

    def resize(self, *, rows: int, columns: int) -> None:
        self._screen.resize(rows, columns)

    @property
    def is_updating(self) -> bool:
        return self._screen.is_updating

    def view(self, *, is_whole: bool = True) -> ScreenView:
        return self._screen.view(is_whole=is_whole)

    def _apply(self, kind: Kind, sequence: str) -> None:
        match kind:
            case "text":
                self._screen.draw(sequence)
            case "control":
                if control := self._controls.get(sequence):
                    control()
            case "csi":
                self._sequence(sequence)
            case "escape":
                self._escape(sequence)
            case "title":
                self._screen.title = sequence

    def _escape(self, sequence: str) -> None:
        if sequence == "c":
            self._modes.clear()
        if escape := self._escapes.get(sequence):
            self._screen.ensure_hbounds()
            escape()
        elif sequence[0] in "()" and len(sequence) == 2:
            self._screen.define_charset(sequence[1], sequence[0])

    def _sequence(self, sequence: str) -> None:
        final, is_private = sequence[-1], sequence[0] == "?"
        digits = sequence[is_private:-1]
        if final == "m" or (not digits.replace(";", "0").isdecimal() and digits):
            return  # colours are not kept; the others have no visible effect
        numbers = [int(number[:_MOST_DIGITS] or 0) for number in digits.split(";")]
        if final in "hl":
            for number in numbers:
                self._switch(number, is_on=final == "h", is_private=is_private)
        elif (movement := self._movements.get(final)) and (not is_private or final in "JK"):
            if final not in "bJK":
                self._screen.ensure_hbounds()  # cancels a pending wrap at the edge
            movement(numbers)

    def _switch(self, mode: int, *, is_on: bool, is_private: bool) -> None:
        if mode in (_KEPT_PRIVATE_MODES if is_private else _KEPT_MODES):
            switch = self._screen.set_mode if is_on else self._screen.reset_mode
            switch(mode, private=is_private)
        elif is_private and mode in _ALTERNATE_SCREEN:
            self._switch_screen(is_alternate=is_on, with_cursor=mode == _WITH_CURSOR)
        elif is_private and mode == _SYNCHRONIZED_UPDATE:
            (self._screen.begin_update if is_on else self._screen.end_update)()
        elif is_private and mode in (_APPLICATION_CURSOR, _PASTE_BRACKETS):
            (self._modes.add if is_on else self._modes.discard)(mode)

    def _switch_screen(self, *, is_alternate: bool, with_cursor: bool) -> None:
        screen = self._screen
        if is_alternate:
            if with_cursor:
                screen.save_cursor()
            screen.show_alternate()
        else:
            screen.show_main()
            if with_cursor:
                screen.restore_cursor()


def _controls(screen: CastScreen) -> dict[str, Callable[[], None]]:
    return {
        "\b": screen.backspace,
        "\t": screen.tab,
        "\n": screen.linefeed,
        "\v": screen.linefeed,
        "\f": screen.linefeed,
        "\r": screen.carriage_return,
        "\x0e": screen.shift_out,
        "\x0f": screen.shift_in,
    }


def _escapes(screen: CastScreen) -> dict[str, Callable[[], None]]:
    return {
        "7": screen.save_cursor,
        "8": screen.restore_cursor,
        "D": screen.index,
        "E": screen.next_line,
        "H": screen.set_tab_stop,
        "M": screen.reverse_index,
        "c": screen.reset,
        "#8": screen.alignment_display,
    }


def _movements(screen: CastScreen) -> dict[str, Callable[[Sequence[int]], None]]:
    first: dict[str, Callable[[int], None]] = {
        "@": screen.insert_characters,
        "A": screen.cursor_up,
        "B": screen.cursor_down,
        "C": screen.cursor_forward,
        "D": screen.cursor_back,
        "E": screen.cursor_down1,
        "F": screen.cursor_up1,
        "G": screen.cursor_to_column,
        "I": screen.tab_forward,
        "J": screen.erase_in_display,
        "K": screen.erase_in_line,
        "L": screen.insert_lines,
        "M": screen.delete_lines,
        "P": screen.delete_characters,
        "S": screen.scroll_up,
        "T": screen.scroll_down,
        "X": screen.erase_characters,
        "Z": screen.tab_back,
        "`": screen.cursor_to_column,
        "a": screen.cursor_forward,
        "b": screen.repeat,
        "d": screen.cursor_to_line,
        "e": screen.cursor_down,
        "g": screen.clear_tab_stop,
    }
    takers = {final: _of_first(move) for final, move in first.items()}
    return takers | {
        "H": lambda numbers: screen.cursor_position(*numbers[:2]),
        "f": lambda numbers: screen.cursor_position(*numbers[:2]),
        "r": lambda numbers: screen.limit_scrolling(*numbers[:2]),
        "s": lambda _: screen.save_cursor(),
        "u": lambda _: screen.restore_cursor(),
    }


def _of_first(move: Callable[[int], None]) -> Callable[[Sequence[int]], None]:
    return lambda numbers: move(numbers[0])
