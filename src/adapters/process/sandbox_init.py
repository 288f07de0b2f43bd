"""The init process of a sandbox, which reports the wait status of the command.

Bubblewrap's own init reports it as a shell does, where 137 may be SIGKILL or an exit code.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.process import sandbox_init_process

_ENOUGH_BYTES = 256
_SOURCE = Path(sandbox_init_process.__file__).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class InitReport:
    status: int
    """As `waitpid` gives it."""
    peak_bytes: int
    """Peak memory of a single process inside, of those that were reaped."""


class SandboxInit:
    """Owns the pipe for the report."""

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self._is_open = True
        self._report: InitReport | None = None

    def argv(self, command: Sequence[str]) -> list[str]:
        """The command line of the init process, followed by that of the command."""
        # By its real path: the server's virtual environment may be hidden.
        interpreter = [os.path.realpath(sys.executable), "-I", "-S", "-c", _SOURCE]
        return [*interpreter, str(self._write_fd), *command]

    @contextmanager
    def write_end(self) -> Iterator[int]:
        """The end of the pipe that it inherits; on an error inside both ends are closed."""
        try:
            yield self._write_fd
        except BaseException:
            self.close()
            raise
        finally:
            os.close(self._write_fd)

    def report(self) -> InitReport | None:
        """Call once bubblewrap has exited. None if the init process was killed or never started."""
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
    """What the init process must be able to read."""
    return (os.path.realpath(sys.executable), os.path.realpath(sys.base_prefix))
