"""The first process inside of a sandbox, which reports how the command really ended.

The one that bubblewrap brings gives its exit status on as a shell does: 137 is a program that
was killed as well as one that exits so.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.process import first_process

_ENOUGH_BYTES = 256
_SOURCE = Path(first_process.__file__).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class InitReport:
    status: int
    """As `waitpid` gives it."""
    peak_bytes: int
    """The most memory that a process inside used, as far as somebody has waited for it."""


class SandboxInit:
    """Owns the pipe through which it reports."""

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self._is_open = True
        self._report: InitReport | None = None

    def argv(self, command: Sequence[str]) -> list[str]:
        """Its command line, as pid 1, around that of the command."""
        # By its real path: the environment that the server is installed in may be out of sight.
        interpreter = [os.path.realpath(sys.executable), "-I", "-S", "-c", _SOURCE]
        return [*interpreter, str(self._write_fd), *command]

    @contextmanager
    def lent(self) -> Iterator[int]:
        """Its end of the pipe; if it does not start, everything is closed."""
        try:
            yield self._write_fd
        except BaseException:
            self.close()
            raise
        finally:
            os.close(self._write_fd)

    def report(self) -> InitReport | None:
        """To be called once bubblewrap has exited. None: it was killed, or never started."""
        if self._report is None and self._is_open:
            self._report = self._read()
        return self._report

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._read_fd)

    def _read(self) -> InitReport | None:
        try:
            status, peak_kib = os.read(self._read_fd, _ENOUGH_BYTES).split()
            return InitReport(int(status), int(peak_kib) * 1024)
        except (OSError, ValueError):
            return None


def interpreter_paths() -> Sequence[str]:
    """What the first process must be able to read."""
    return (os.path.realpath(sys.executable), os.path.realpath(sys.base_prefix))
