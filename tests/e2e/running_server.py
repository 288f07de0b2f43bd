"""The real server as a process, on a free port, in a clean environment."""

import os
import select
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cli_fork_server import AGENTCAST, Started, start
from tests.patience import PATIENCE_S

STOP_S = 12.0
_GREETING = "listening on "


class RunningServer:
    """May be ended in any way and started again on the same data directory."""

    def __init__(
        self, data_dir: Path, settings: dict[str, str], command: Sequence[str] = (AGENTCAST,)
    ) -> None:
        self.data_dir = data_dir
        self.base_url = ""
        self._settings = settings
        self._command = command
        self._stderr = data_dir.parent / f"{data_dir.name}.stderr"
        self._process: Started | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def complaints(self) -> list[str]:
        """Its stderr, over all its starts."""
        lines = self.log.splitlines()
        return [line for line in lines if "[error" in line or "Traceback" in line]

    @property
    def log(self) -> str:
        """All that it has written there, over all its starts."""
        return self._stderr.read_text()

    def start(self, *, port: int = 0) -> None:
        """Returns when it listens; on any free port, unless one is named."""
        with self._stderr.open("a") as stderr:
            self._process = start(
                *(*self._command, "serve", "--port", str(port), "--data-dir", str(self.data_dir)),
                cwd=self.data_dir.parent,
                env=clean_environment(self.data_dir.parent) | self._settings,
                stderr=stderr.fileno(),
            )
        self.base_url = self._greeting().removeprefix(_GREETING).strip()

    def kill(self) -> None:
        """As a power cut would: it has no chance to end well."""
        self._running.kill()
        self._ended()

    def signal(self, number: signal.Signals) -> None:
        self._running.send_signal(number)

    def exit_code(self, *, within_s: float = STOP_S) -> int:
        """Waits for its end, which somebody has asked for."""
        return self._ended(within_s)

    def stop(self) -> None:
        """Asks it to end, and sees that it ended well."""
        if not self.is_running:
            return
        self.signal(signal.SIGTERM)
        assert self.exit_code() == 0, self._stderr.read_text()

    def give_up(self) -> None:
        if self.is_running:
            self.kill()

    @property
    def _running(self) -> Started:
        assert self._process is not None, "the server is not running"
        return self._process

    def _ended(self, within_s: float = STOP_S) -> int:
        process = self._running
        code = process.wait(within_s)
        assert process.stdout is not None
        process.stdout.close()
        self._process = None
        return code

    def _greeting(self) -> str:
        stdout = self._running.stdout
        assert stdout is not None
        readable, _, _ = select.select([stdout], [], [], PATIENCE_S)
        line = stdout.readline() if readable else ""
        if not line.startswith(_GREETING):
            self.give_up()
            raise AssertionError(f"it did not start: {line!r}\n{self._stderr.read_text()}")
        return line


@contextmanager
def running_server(
    data_dir: Path, *, command: Sequence[str] = (AGENTCAST,), **settings: str
) -> Iterator[RunningServer]:
    """A server that must not log an error and must end well, unless the test ended it."""
    server = RunningServer(data_dir, settings, command)
    server.start()
    try:
        yield server
        server.stop()
    finally:
        server.give_up()
    assert server.complaints == []


def clean_environment(home: Path) -> dict[str, str]:
    """Nothing of the machine's: no keys, no proxies, no settings."""
    # A sandbox shows what the PATH names, wherever this Python lies.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}
