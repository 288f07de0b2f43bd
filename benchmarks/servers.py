"""The servers that are compared, each a process of its own that is stopped by its pid."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_START_S = 30.0
_STOP_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind:
    name: str
    script: str
    watch: str
    submit: str

    def body(self, *, count: int, rate: float, burst: int, size: int) -> str:
        """What is posted to make so many events; the session's name is filled in later."""
        pulse = {"count": count, "rate": rate, "burst": burst, "bytes": size}
        if self.name == "naive":
            return json.dumps({"session": "{session}", **pulse})
        return json.dumps({"agent": "pulse", "session_id": "{session}", "task": json.dumps(pulse)})


NAIVE = ServerKind(
    name="naive", script="naive.py", watch="/stream?session={session}", submit="/run"
)
PRODUCT = ServerKind(
    name="agentcast",
    script="serve_pulse.py",
    watch="/api/v1/sse?session_id={session}",
    submit="/api/v1/tasks",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    pid: int
    port: int


@contextmanager
def running(kind: ServerKind, *, core: int | None) -> Iterator[Server]:
    """A fresh one with an empty data directory, kept to one core if it is given."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="agentcast-bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, str(_HERE / kind.script), "--port", str(port)],
            cwd=folder,
            env=os.environ | {"AGENTCAST_DATA_DIR": folder, "AGENTCAST_LOG_LEVEL": "warning"},
            stdout=subprocess.DEVNULL,
        )
        try:
            if core is not None:
                os.sched_setaffinity(process.pid, {core})
            _await_port(port, process)
            yield Server(pid=process.pid, port=port)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise ConnectionError(f"the server on port {port} did not start")
