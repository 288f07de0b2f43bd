"""Run in a network namespace of its own: a stream whose peer vanishes without closing.

Prints how many seconds the server took to notice, and what it answers once the network is back.
"""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.running_server import RunningServer, running_server

_PATIENCE_S = 60.0
_REQUEST = b"GET /api/v1/sse?session_id=a HTTP/1.1\r\nHost: localhost\r\n\r\n"


def main(folder: Path) -> None:
    _network("up")
    with running_server(folder / "data", AGENTCAST_STREAM_PING_S="1") as server:
        where = urlsplit(server.base_url)
        before = _sockets(server)
        with socket.create_connection((where.hostname, where.port)) as peer:
            peer.sendall(_REQUEST)
            _until(lambda: b"event: connected" in peer.recv(65_536))
            _network("down")
            gone_at = time.monotonic()
            _until(lambda: _sockets(server) <= before)
            noticed_s = time.monotonic() - gone_at
        _network("up")
        seen = {"noticed_s": noticed_s, "streams": _streams(where.netloc)}
        sys.stdout.write(json.dumps(seen))


def _network(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def _sockets(server: RunningServer) -> int:
    descriptors = Path(f"/proc/{server.pid}/fd").iterdir()
    return sum(str(_target(path)).startswith("socket:") for path in descriptors)


def _target(path: Path) -> Path | None:
    try:
        return path.readlink()
    except FileNotFoundError:
        return None


def _until(is_so: Callable[[], bool]) -> None:
    """The kernel reports a lost peer to nobody, so this polls."""
    deadline = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        select.select([], [], [], 0.1)


def _streams(netloc: str) -> int:
    connection = HTTPConnection(netloc, timeout=5)
    connection.request("GET", "/api/v1/sse/stats")
    total: int = json.load(connection.getresponse())["total_clients"]
    connection.close()
    return total


if __name__ == "__main__":
    main(Path(sys.argv[1]))
