"""A terminal emulator: the screen of a task as a person would see it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenView:
    lines: tuple[str, ...]
    """One for each row, without trailing blanks."""
    cursor_row: int
    """Counted from 0, as is the column."""
    cursor_column: int
    columns: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingModes:
    """Input modes that a program has switched on."""

    pastes_in_brackets: bool = False
    application_cursor: bool = False


class TerminalScreen(Protocol):
    """Unknown sequences are ignored; no input makes it fail."""

    @property
    def modes(self) -> TypingModes: ...

    def feed(self, text: str) -> None:
        """Sequences may be split anywhere. Takes time per character: feed it in slices."""

    def resize(self, *, rows: int, columns: int) -> None: ...

    @property
    def is_updating(self) -> bool:
        """Whether the program is within a synchronized update."""

    def view(self, *, is_whole: bool = True) -> ScreenView:
        """The screen; with `is_whole`, during a synchronized update, as it was before that."""


class TerminalScreens(Protocol):
    def new(self, *, rows: int, columns: int) -> TerminalScreen:
        """Raises StateConflict if the emulator is not installed."""
