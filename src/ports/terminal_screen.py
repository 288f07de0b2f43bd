"""What a person would see on the terminal of a task."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenView:
    lines: tuple[str, ...]
    """As many as there are rows, without trailing blanks."""
    cursor_row: int
    """From 0, as is the column."""
    cursor_column: int
    columns: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingModes:
    """How a program has asked to be typed to."""

    pastes_in_brackets: bool = False
    application_cursor: bool = False


class TerminalScreen(Protocol):
    """Any text a program may write is taken: what is not understood is passed over."""

    @property
    def modes(self) -> TypingModes: ...

    def feed(self, text: str) -> None:
        """Sequences may be cut anywhere. It takes time by the character: feed it in slices."""

    def resize(self, *, rows: int, columns: int) -> None: ...

    @property
    def is_updating(self) -> bool:
        """A program draws step by step and has said that the screen is to be shown after that."""

    def view(self, *, is_whole: bool = True) -> ScreenView:
        """What there is to see; `is_whole`: while it is updating, what there was before that."""


class TerminalScreens(Protocol):
    def new(self, *, rows: int, columns: int) -> TerminalScreen:
        """Raises StateConflict where what it takes to have one is not installed."""
