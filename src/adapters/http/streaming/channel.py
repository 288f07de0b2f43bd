"""Watches and the clients that each is written to: all in one channel get the same bytes."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from adapters.http.streaming.frames import (
    LAST_CHUNK,
    PING,
    chunk,
    control_frame,
    cursor_frame,
    event_frames,
)
from application.watching.open_stream import OpenStream
from application.watching.stream_steps import Behind, End, Events, Idle
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.ids import SessionId

log = logging.getLogger(__name__)

OnLeft = Callable[[], Awaitable[None]]
StreamName = tuple[str, str, SessionId]
"""The tenant and the owner of a session, and its name."""


class StreamClient(Protocol):
    """Takes bytes, and keeps those that its socket does not take at once.

    It reports to its owner: `on_room` when nothing is kept any more, `on_gone` when it has left.
    """

    stream: OpenStream
    on_left: OnLeft | None
    """For a client that goes before the stream's end."""

    def write(self, data: bytes) -> bool:
        """False when some of it is kept: write no more until `on_room`."""

    @property
    def backlog(self) -> int:
        """How many bytes of what was written its socket has yet to take."""

    def let_go(self) -> None:
        """Close at the end of the frame that its socket has in part, if that is taken in time.

        Neither `on_room` nor `on_gone` need follow.
        """

    def close(self) -> None:
        """After what was written, as far as its socket takes it; `on_gone` does not follow."""


async def call_on_left(on_left: OnLeft) -> None:
    """Logs what it raises, which concerns the one client that has left."""
    try:
        await on_left()
    except Exception:  # boundary: the other streams continue
        log.exception("the callback for a client that left has failed")


class StreamChannel:
    """One watch and the clients that share it; each client is in one channel at a time.

    A client that cannot keep up continues in a channel of its own.
    """

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
        """The session whose watchers share this channel, if it is the one that others join."""
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

    def leave(self, client: StreamClient) -> None:
        if client in self.clients:
            del self.clients[client]
            client.stream.bytes_sent += self.bytes_written

    @property
    def is_writing(self) -> bool:
        """Whether some of its clients have yet to be written what others have been."""
        return self._index < len(self._receivers)

    @property
    def is_idle(self) -> bool:
        return not (self.is_writing or self.is_parked or self.is_reading)

    def next_bytes(self) -> Behind | Idle | None:
        """Take the next step of the watch; None when it is something to write, which is prepared."""
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
        """After a silence, prepare a comment or the moved cursor; whether there is one to write."""
        if now - self.last_written_at < self._ping_s or not self.is_idle:
            return False
        moved = self.watch.rest()
        self.prepare(chunk(cursor_frame(moved) if moved else PING))
        return True

    def prepare(self, data: bytes) -> None:
        """Set what `write_some` writes, to all clients that are in the channel now."""
        self._data = data
        self.bytes_written += len(data)
        self._receivers = tuple(self.clients)
        self._index = 0

    def write_some(self, most: int, *, now: float) -> list[StreamClient]:
        """Write to up to `most` clients; returns those whose sockets are full now."""
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


class SharedChannels:
    """Finds channels of one session that wait for the same event, to be merged into one.

    A parked channel is never joined.
    """

    def __init__(self) -> None:
        self._of: dict[StreamName, StreamChannel] = {}
        self._early: dict[StreamName, dict[StreamChannel, None]] = {}
        """Channels that came to rest further on than the shared one."""

    def pairs(self, channel: StreamChannel) -> Iterable[tuple[StreamChannel, StreamChannel]]:
        """For a channel that has come to rest: which channels can now join which."""
        if not channel.clients or (place := channel.watch.place) is None:
            return ()
        stream = place.stream
        shared = self._of.get(stream)
        if channel is shared:
            early = self._early.pop(stream, {})
            return [(one, shared) for one in early if _can_join(one, shared)]
        if shared is None or shared.is_parked:
            self._share(channel, stream)
            return ()
        if _can_join(channel, shared):
            return ((channel, shared),)
        self._early.setdefault(stream, {})[channel] = None
        return ()

    def forget(self, channel: StreamChannel) -> None:
        for early in self._early.values():
            early.pop(channel, None)
        if channel.shared_as:
            del self._of[channel.shared_as]
            self._early.pop(channel.shared_as, None)
            channel.shared_as = None

    def _share(self, channel: StreamChannel, stream: StreamName) -> None:
        if parked := self._of.get(stream):
            parked.shared_as = None
        channel.shared_as = stream
        self._of[stream] = channel


def _can_join(one: StreamChannel, shared: StreamChannel) -> bool:
    if not (one.clients and one.is_idle and shared.is_idle):
        return False
    return one.watch.is_at_rest and one.watch.place == shared.watch.place
