"""Many event streams read by one thread, each checked for loss, doubles and delay."""

import re
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

_STAMP = re.compile(rb"_m=(\d{10})\.(\d{20})")
_STAMP_BYTES = 34
_READ_BYTES = 256 * 1024
_SLOW_BYTES = 64 * 1024  # a stalled one's buffer, so that the server feels it soon
_ONE_RUN = 10**10  # more than a stamp can count
_CONNECTING_AT_ONCE = 200  # so that no backlog overflows, which would cost seconds


@dataclass(slots=True)
class Watcher:
    connection: socket.socket
    expected: dict[int, int] = field(default_factory=dict)
    """The number that the next event of each run must have; 0 where none came yet."""
    rest: bytes = b""
    """The end of what was read, where a stamp may have been cut in two."""


@dataclass(slots=True)
class Seen:
    deliveries: int = 0
    lost: int = 0
    """Passed over; what is missing at the end does not show here."""
    doubled: int = 0
    size: int = 0
    """Bytes, with heads and frames."""
    last_at: float = 0.0
    delays_ns: list[int] = field(default_factory=list)

    @property
    def delays_ms(self) -> list[float]:
        return [delay / 1e6 for delay in self.delays_ns]


class Watchers:
    """Use it as a context: leaving closes every connection.

    Where a stream shows several runs, each has numbers of its own: `run_events` for every one.
    """

    def __init__(
        self, *, port: int, paths: Sequence[str], stalling: int = 0, run_events: int = _ONE_RUN
    ) -> None:
        self.seen = Seen()
        self._port = port
        self._paths = paths
        self._stalling = stalling
        self._run_events = run_events
        self._poll = select.epoll()
        self._watchers: dict[int, Watcher] = {}

    def __enter__(self) -> Self:
        for first in range(0, len(self._paths), _CONNECTING_AT_ONCE):
            for connection in [
                self._request(path, is_slow=first + number < self._stalling)
                for number, path in enumerate(self._paths[first : first + _CONNECTING_AT_ONCE])
            ]:
                self._await_head(connection)
        return self

    def __exit__(self, *_: object) -> None:
        self._poll.close()
        for watcher in self._watchers.values():
            watcher.connection.close()

    def read(self, deliveries: int, *, silence_s: float = 3.0) -> None:
        """Until that many events came, lost ones included, or none came for so long."""
        while self.seen.deliveries + self.seen.lost < deliveries and self._read_ready(silence_s):
            pass

    def read_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read_ready(left)

    def read_to(self, number: int, *, silence_s: float = 3.0) -> None:
        """Until each has seen the event of that number, or none came for so long."""
        waiting = dict(self._watchers)
        while waiting and self._read_ready(silence_s):
            waiting = {
                key: watcher
                for key, watcher in waiting.items()
                if watcher.expected.get(0, 0) <= number
            }

    def expect_from_start(self) -> None:
        """The next run counts from 0 again."""
        for watcher in self._watchers.values():
            watcher.expected, watcher.rest = {}, b""

    def stall(self) -> None:
        """The first ones are no longer read."""
        for watcher in list(self._watchers.values())[: self._stalling]:
            self._poll.unregister(watcher.connection)

    def go_on(self) -> None:
        for watcher in list(self._watchers.values())[: self._stalling]:
            self._poll.register(watcher.connection, select.EPOLLIN)

    def _request(self, path: str, *, is_slow: bool) -> socket.socket:
        connection = socket.socket()
        if is_slow:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BYTES)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", self._port))
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        return connection

    def _await_head(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(_READ_BYTES)
            if not data:
                raise ConnectionError(f"closed after {head!r}")
            head += data
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(f"refused: {head!r}")
        connection.setblocking(False)
        watcher = Watcher(connection)
        self._watchers[connection.fileno()] = watcher
        self._take(watcher, head)
        self._poll.register(connection, select.EPOLLIN)

    def _read_ready(self, patience_s: float) -> bool:
        """False when nothing came for so long."""
        ready = self._poll.poll(patience_s)
        for descriptor, _ in ready:
            self._read(self._watchers[descriptor])
        return bool(ready)

    def _read(self, watcher: Watcher) -> None:
        try:
            data = watcher.connection.recv(_READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._poll.unregister(watcher.connection)
            return
        self._take(watcher, data)

    def _take(self, watcher: Watcher, data: bytes) -> None:
        now = time.monotonic_ns()
        self.seen.size += len(data)
        # A server cuts its chunks between events, so that no stamp has a chunk's head inside.
        data = watcher.rest + data
        end = 0
        for found in _STAMP.finditer(data):
            self._count(watcher, int(found[1]), now - int(found[2]))
            end = found.end()
        if end:
            self.seen.last_at = now / 1e9
        watcher.rest = data[max(end, len(data) - _STAMP_BYTES + 1) :]

    def _count(self, watcher: Watcher, number: int, delay_ns: int) -> None:
        run, number = divmod(number, self._run_events)
        expected = watcher.expected.get(run, 0)
        if number < expected:
            self.seen.doubled += 1
            return
        self.seen.lost += number - expected
        self.seen.deliveries += 1
        self.seen.delays_ns.append(delay_ns)
        watcher.expected[run] = number + 1
