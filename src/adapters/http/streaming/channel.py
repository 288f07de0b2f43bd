"""One watch and the clients that it is written to: all get the same bytes from here on."""

from collections.abc import Sequence

from adapters.http.streaming.client import StreamClient
from adapters.http.streaming.frames import (
    LAST_CHUNK,
    PING,
    chunk,
    control_frame,
    cursor_frame,
    event_frames,
)
from application.watching.stream_steps import Behind, End, Events, Idle
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.ids import SessionId

StreamName = tuple[str, str, SessionId]


class StreamChannel:
    """A client is in one channel at a time. One that cannot keep up leaves for a channel alone."""

    __slots__ = (
        "_data",
        "_index",
        "_ping_s",
        "_receivers",
        "_shown_at",
        "_watches",
        "bytes_written",
        "clients",
        "has_ended",
        "is_parked",
        "is_reading",
        "last_written_at",
        "shared_as",
        "watch",
    )

    def __init__(self, watch: Watch, *, watches: Watches, ping_s: float, now: float) -> None:
        self.watch = watch
        self.clients: dict[StreamClient, None] = {}
        self.bytes_written = 0
        self.is_parked = False
        """Its one client's socket is full."""
        self.is_reading = False
        self.shared_as: StreamName | None = None
        """The session whose watchers meet here."""
        self.has_ended = False
        self.last_written_at = now
        self._watches = watches
        self._ping_s = ping_s
        self._data = b""
        self._receivers: Sequence[StreamClient] = ()
        self._index = 0
        self._shown_at: float | None = None

    def join(self, client: StreamClient) -> None:
        self.clients[client] = None
        client.stream.bytes_sent -= self.bytes_written  # counted once here, for all of them

    def part(self, client: StreamClient) -> None:
        if client in self.clients:
            del self.clients[client]
            client.stream.bytes_sent += self.bytes_written

    @property
    def is_writing(self) -> bool:
        """Some of its clients have yet to get what others have got."""
        return self._index < len(self._receivers)

    @property
    def is_idle(self) -> bool:
        return not (self.is_writing or self.is_parked or self.is_reading)

    def next_bytes(self) -> Behind | Idle | None:
        """Take the next step; None when there is something to be written."""
        match step := self.watch.step():
            case Behind() | Idle():
                return step
            case Events():
                frames, clients = event_frames(step), len(self.clients)
                self._watches.sent(events=len(step.events) * clients, size=len(frames) * clients)
                self.prepare(chunk(frames))
                self._shown_at = step.shown_at
            case End():
                self.has_ended = True
                self.prepare(chunk(control_frame(step, ping_s=self._ping_s)) + LAST_CHUNK)
            case _:
                self.prepare(chunk(control_frame(step, ping_s=self._ping_s)))
        return None

    def stay_alive(self, *, now: float) -> bool:
        """Where it has been silent: a comment, or its cursor; whether there is any to be written."""
        if now - self.last_written_at < self._ping_s or not self.is_idle:
            return False
        moved = self.watch.rest()
        self.prepare(chunk(cursor_frame(moved) if moved else PING))
        return True

    def prepare(self, data: bytes) -> None:
        """To be written to all clients that are here now."""
        self._data = data
        self.bytes_written += len(data)
        self._receivers = tuple(self.clients)
        self._index = 0

    def write_some(self, most: int, *, now: float) -> list[StreamClient]:
        """Write to the next clients; those among them whose sockets are full."""
        data, clients = self._data, self.clients
        until = min(self._index + most, len(self._receivers))
        receivers = self._receivers[self._index : until]
        full = [one for one in receivers if one in clients and not one.write(data)]
        self._index = until
        if not self.is_writing:
            self.last_written_at = now
            self._receivers, self._data, self._index = (), b"", 0
            if self._shown_at is not None:
                self._watches.written(self._shown_at)
                self._shown_at = None
        return full
