"""What a person would see on the terminal of a task."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenView:
    lines: tuple[str, ...]
    """As many as there are rows, without trailing blanks."""
    cursor_row: int
    cursor_column: int
    columns: int
    title: str = ""


class TerminalScreen(Protocol):
    """Any bytes a program may write are taken: what is not understood is passed over."""

    def feed(self, text: str) -> None: ...

    def resize(self, *, rows: int, columns: int) -> None: ...

    def view(self) -> ScreenView: ...


class TerminalScreens(Protocol):
    def new(self, *, rows: int, columns: int) -> TerminalScreen: ...
