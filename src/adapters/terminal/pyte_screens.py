"""Creates screens with pyte, which is an optional extra."""

from domain.errors import StateConflict
from ports.terminal_screen import TerminalScreen


class PyteScreens:
    def new(self, *, rows: int, columns: int) -> TerminalScreen:
        try:
            from adapters.terminal.pyte_screen import PyteScreen
        except ImportError as error:
            raise StateConflict(
                "showing terminals needs the package pyte: pip install 'agentcast[terminal]'"
            ) from error
        return PyteScreen(rows=rows, columns=columns)
