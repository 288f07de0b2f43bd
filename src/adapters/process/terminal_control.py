"""Our side of a process' terminal: its size, and which group is in its foreground."""

import os
import termios


class TerminalControl:
    """Owns the descriptor; without one, as with pipes, nothing has an effect."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    def resize(self, *, rows: int, columns: int) -> None:
        if self._fd is not None:
            termios.tcsetwinsize(self._fd, (rows, columns))

    def foreground_group(self) -> int | None:
        try:
            return None if self._fd is None else os.tcgetpgrp(self._fd) or None
        except OSError:
            return None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
