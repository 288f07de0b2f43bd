"""The command as a process of its own, with an environment and a data directory of its own."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cli_fork_server import AGENTCAST, Started, run, start
from tests.patience import PATIENCE_S

_OURS = ("AGENTCAST_", "OPENAI_", "PORT")


class Cli:
    def __init__(self, *, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.data_dir = folder / "data"

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return run(
            *(AGENTCAST, *arguments),
            cwd=self.folder,
            env=self._environment(env),
            timeout_s=PATIENCE_S,
        )

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Started:
        return start(AGENTCAST, *arguments, cwd=self.folder, env=self._environment(env))

    @contextmanager
    def serving(self, *, port: int = 0) -> Iterator[tuple[Started, str]]:
        """A server and its URL; whatever is left of it is killed."""
        with self.start("serve", "--port", str(port), "--log-level", "error") as server:
            try:
                yield server, self.wait_for(server, "listening on ").split()[-1]
            finally:
                server.kill()

    def wait_for(self, process: Started, text: str) -> str:
        """The first line of its output with that text; everything before it is read away."""
        assert process.stdout is not None
        for line in process.stdout:
            if text in line:
                return line
        raise AssertionError(f"ended without {text!r}: {process.communicate()}")

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return {**kept, "AGENTCAST_DATA_DIR": str(self.data_dir), **(more or {})}
