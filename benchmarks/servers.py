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
from string import Template

_HERE = Path(__file__).parent
_NGINX = Path("/usr/sbin/nginx")
_NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_START_S = 30.0
_STOP_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKind:
    name: str
    watch: str
    submit: str = ""
    script: str = ""
    """Empty for nginx."""

    @property
    def is_installed(self) -> bool:
        return bool(self.script) or (_NGINX.exists() and _NCHAN.exists())

    def body(self, *, agent: str, text: str) -> str:
        """What is posted to have this done; the session's name is filled in later."""
        if self.name == "naive":
            return json.dumps({"session": "{session}", **json.loads(text)})
        return json.dumps({"agent": agent, "session_id": "{session}", "task": text})

    def command(self, *, port: int, folder: str) -> list[str]:
        if self.script:
            return [sys.executable, str(_HERE / self.script), "--port", str(port)]
        template = Template((_HERE / "nginx.conf.template").read_text())
        config = Path(folder) / "nginx.conf"
        config.write_text(template.substitute(module=_NCHAN, folder=folder, port=port))
        return [str(_NGINX), "-p", folder, "-c", str(config)]


NAIVE = ServerKind(
    name="naive", script="naive.py", watch="/stream?session={session}", submit="/run"
)
NCHAN = ServerKind(name="nchan", watch="/stream?session={session}")
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
def running(kind: ServerKind, *, core: int | None, settings: dict[str, str]) -> Iterator[Server]:
    """A fresh one with an empty data directory, kept to one core if it is given."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="agentcast-bench-") as folder:
        own = {"AGENTCAST_DATA_DIR": folder, "AGENTCAST_LOG_LEVEL": "error"}
        process = subprocess.Popen(
            kind.command(port=port, folder=folder),
            cwd=folder,
            env=os.environ | own | settings,
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
