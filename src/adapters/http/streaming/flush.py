"""Writes the streams that were taken over from the server, a slice in each turn of the loop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial

from adapters.http.streaming.channel import (
    SharedChannels,
    StreamChannel,
    StreamClient,
    call_on_left,
)
from adapters.http.streaming.slow_clients import LET_GO_AFTER_S, SlowClients
from application.watching.open_stream import OpenStream
from application.watching.stream_steps import Behind
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.errors import Unavailable

log = logging.getLogger(__name__)

SLICE = 250
"""Writes in one turn of the loop, so that other requests do not wait for thousands of them."""
_SLICE_S = 0.0004
_FAILED = "a stream has failed, its clients may resume"
_AT_ONCE = 32  # writes between two looks at the clock


class StreamFlush:
    """No task per watcher: a channel that may have something to write is marked, and flushed."""

    def __init__(
        self, *, watches: Watches, ping_s: float, send_timeout_s: float = LET_GO_AFTER_S
    ) -> None:
        self._watches = watches
        self._ping_s = ping_s
        self._send_timeout_s = send_timeout_s
        self._channel_of: dict[StreamClient, StreamChannel] = {}
        self._shared = SharedChannels()
        self._marked: dict[StreamChannel, None] = {}
        self._slow = SlowClients()
        self._is_scheduled = False
        self._scheduled_at = 0.0
        self._group: asyncio.TaskGroup | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_open(self) -> bool:
        return self._loop is not None

    @property
    def parked(self) -> int:
        """How many clients' sockets are full."""
        return len(self._slow)

    def channels(self) -> Mapping[OpenStream, StreamChannel]:
        return {client.stream: channel for client, channel in self._channel_of.items()}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Leaving closes what is still open."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._group:
            self._start(self._sweep())
            try:
                yield
            finally:
                for client in tuple(self._channel_of):
                    self._drop(client)
                for task in self._under_way:
                    task.cancel()
                self._loop = None

    def add(self, watch: Watch, client: StreamClient) -> None:
        """Write this watch to this client until one of them ends; then close both."""
        self._mark(self._new_channel(watch, client))

    def on_room(self, client: StreamClient) -> None:
        """The client's socket has taken all that was written to it."""
        if (channel := self._channel_of.get(client)) and channel.is_parked:
            self._slow.remove(channel)
            if channel.has_ended:
                self._finish(channel)
            else:
                self._mark(channel)

    def on_gone(self, client: StreamClient, *, is_let_go: bool = False) -> None:
        """The client has left."""
        if client.on_left and client in self._channel_of:
            self._start(call_on_left(client.on_left))
        self._drop(client, is_let_go=is_let_go)

    async def all_ended(self, *, timeout_s: float) -> None:
        """Until every stream has been written to its end, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._channel_of:
                    self._all_gone.clear()
                    await self._all_gone.wait()

    @property
    def _now(self) -> float:
        return self._loop.time() if self._loop else 0.0

    def _mark(self, channel: StreamChannel) -> None:
        self._marked[channel] = None
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        if self._loop:
            self._is_scheduled, self._scheduled_at = True, self._now
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_scheduled, began_at, budget = False, self._now, SLICE
        # When others take long, so may this, or it would fall behind them for ever.
        until = began_at + max(_SLICE_S, began_at - self._scheduled_at)
        while self._marked and budget > 0 and self._now < until:
            channel = next(iter(self._marked))
            del self._marked[channel]
            cost = max(1, min(budget, _AT_ONCE, len(channel.clients)))
            try:
                if self._advance(channel, cost):
                    self._marked[channel] = None
            except Exception:  # boundary: what a watch raises ends its own channel only
                log.exception(_FAILED)
                self._finish(channel)
            budget -= cost
        if self._marked and not self._is_scheduled:
            self._schedule()

    def _advance(self, channel: StreamChannel, budget: int) -> bool:
        """Whether there is more to do for this channel at once."""
        if channel.is_parked or channel.is_reading or not channel.clients:
            return False
        is_new = not channel.is_writing
        if is_new and (waits := channel.next_bytes()) is not None:
            if isinstance(waits, Behind):
                channel.is_reading = True
                self._start(self._read(channel))
            else:
                self._settle(channel)
            return False
        for client in channel.write_some(budget, now=self._now):
            self._park(channel, client)
        if channel in self._slow:
            return False
        if channel.has_ended and not channel.is_writing:
            self._finish(channel)
            return False
        if is_new and not channel.is_writing and channel.watch.is_at_rest:
            self._settle(channel)
            return False
        return True

    def _park(self, channel: StreamChannel, client: StreamClient) -> None:
        """Continue a client whose socket is full alone, so that it delays no other."""
        if client not in channel.clients:
            return  # it was found gone while it was written to
        if len(channel.clients) > 1:
            shared, channel = channel, self._alone(channel, client)
            shared.leave(client)  # only now: what comes before may raise
        self._slow.add(channel, client, now=self._now)

    def _alone(self, channel: StreamChannel, client: StreamClient) -> StreamChannel:
        """A channel of its own for the client, which continues from where this one is."""
        if not channel.has_ended:
            return self._new_channel(self._watches.fork(channel.watch, client.stream), client)
        ended = self._new_channel(channel.watch, client)
        ended.has_ended = True
        return ended

    def _new_channel(self, watch: Watch, client: StreamClient) -> StreamChannel:
        channel = StreamChannel(watch, watches=self._watches, ping_s=self._ping_s, now=self._now)
        channel.join(client)
        self._channel_of[client] = channel
        watch.notify(partial(self._mark, channel))
        return channel

    def _settle(self, channel: StreamChannel) -> None:
        """Join those who wait for the same: they share one watch, and cost next to nothing."""
        for joining, shared in self._shared.pairs(channel):
            for client in tuple(joining.clients):
                joining.leave(client)
                shared.join(client)
                self._channel_of[client] = shared
            self._forget(joining)

    async def _read(self, channel: StreamChannel) -> None:
        try:
            await channel.watch.read()
            channel.is_reading = False
            self._mark(channel)
        except Unavailable as error:
            log.warning("a stream is cut short, its clients may resume: %s", error)
        except Exception:  # boundary: as in `_flush`
            log.exception(_FAILED)
        finally:
            if channel.is_reading:  # read again at once, it would fail again at once, for ever
                self._finish(channel)

    def _finish(self, channel: StreamChannel) -> None:
        """Close the clients of a channel that has ended or failed, without calling their `on_left`."""
        for client in tuple(channel.clients):
            client.on_left = None
            self._drop(client)

    def _drop(self, client: StreamClient, *, is_let_go: bool = False) -> None:
        if (channel := self._channel_of.pop(client, None)) is None:
            return
        client.let_go() if is_let_go else client.close()
        channel.leave(client)
        self._watches.leave(client.stream)
        if not channel.clients:
            self._forget(channel)
        if not self._channel_of:
            self._all_gone.set()

    def _forget(self, channel: StreamChannel) -> None:
        self._watches.stop(channel.watch)
        self._marked.pop(channel, None)
        self._slow.remove(channel)
        self._shared.forget(channel)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        assert self._group is not None, "it is opened before anything is added"
        task = self._group.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _sweep(self) -> None:
        """For all channels: keep silent ones alive, and let go of clients that take nothing."""
        while True:
            await asyncio.sleep(min(1.0, self._ping_s / 4))
            now, after_s = self._now, self._send_timeout_s
            for client in self._slow.overdue(now=now, after_s=after_s):
                self._watches.let_go(client.stream, after_s=after_s, writer="reactor")
                self.on_gone(client, is_let_go=True)
            for channel in set(self._channel_of.values()):
                try:
                    if channel.stay_alive(now=now):
                        self._mark(channel)
                except Exception:  # boundary: as in `_flush`
                    log.exception(_FAILED)
                    self._finish(channel)
