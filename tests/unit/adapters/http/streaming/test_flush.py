"""One flush writes to all; a client that is full goes on alone and misses nothing."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from anyio.lowlevel import checkpoint

from adapters.http.streaming.channel import OnLeft
from adapters.http.streaming.flush import StreamFlush
from application.watching.open_stream import OpenStream
from application.watching.stream_request import Replay, StreamRequest
from domain.ids import SessionId
from domain.principal import LOCAL
from ports.task_queue import Claim
from tests.contract.store_harness import TALK, StoreHarness
from tests.patience import PATIENCE_S
from tests.property.frame import Frame
from tests.property.frame_parser import FrameParser
from tests.property.store import MemoryStore, Program


class Client:
    """Takes all, or, once it `fills`, keeps the next write back until it is given room."""

    def __init__(self, stream: OpenStream, flush: StreamFlush) -> None:
        self.stream = stream
        self.on_left: OnLeft | None = self._left
        self.fills = False
        self.takes_s = 0.0
        self.is_closed = False
        self.is_let_go = False
        self.held_back: int | None = None
        self.times_left = 0
        self.writes = 0
        self.taken = b""
        self.frames: list[Frame] = []
        self._held: bytes | None = None
        self._flush = flush
        self._bytes = FrameParser()
        self._bytes.feed(b"HTTP/1.1 200 OK\r\n\r\n")

    @property
    def seqs(self) -> list[int]:
        return [frame.seq for frame in self.frames if frame.kind == "event"]

    def write(self, data: bytes) -> bool:
        assert not self.is_closed and self._held is None
        self.writes += 1
        done_at = time.monotonic() + self.takes_s
        while time.monotonic() < done_at:
            pass
        if self.fills:
            self._held = data
            return False
        self._take(data)
        return True

    def make_room(self) -> None:
        self.fills = False
        queued, self._held = self._held, None
        if queued is not None and not self.is_closed:
            self._take(queued)
            self._flush.on_room(self)

    @property
    def backlog(self) -> int:
        return self.held_back if self.held_back is not None else len(self._held or b"")

    def let_go(self) -> None:
        self.is_let_go = True
        self.close()

    def close(self) -> None:
        self.is_closed = True

    def _take(self, data: bytes) -> None:
        self.taken += data
        if b": ping" not in data:
            self.frames += self._bytes.feed(data)

    async def _left(self) -> None:
        self.times_left += 1


class World:
    def __init__(
        self, program: Program, flush: StreamFlush, claim: Claim, harness: StoreHarness
    ) -> None:
        self.program = program
        self.flush = flush
        self.appended = 1
        self._claim = claim
        self._scene = harness

    async def client(self) -> Client:
        watches = self.program.container.streams.watches()
        asked = StreamRequest(session_ids=(SessionId(TALK),), start=Replay(None))
        watch = await watches.open(LOCAL, asked)
        assert watch is not None
        client = Client(watch.stream, self.flush)
        self.flush.add(watch, client)
        return client

    async def clients(self, count: int) -> list[Client]:
        """They have seen all there is, and wait for the same."""
        clients = [await self.client() for _ in range(count)]
        await self.until(lambda: all(len(one.seqs) == self.appended for one in clients))
        await self.until(lambda: self.channels == 1)
        return clients

    @property
    def channels(self) -> int:
        return len(set(self.flush.channels().values()))

    async def append(self, count: int = 1) -> None:
        stored = await self._scene.log.append(self._scene.lines(self._claim, *["x"] * count))
        self.appended += count
        self.program.container.streams.tails().publish(
            self._claim.task.session_key, stored, at=0.0
        )

    async def until(self, is_so: Callable[[], bool]) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not is_so():
                await checkpoint()

    def has_all(self, client: Client) -> bool:
        return client.seqs == list(range(1, self.appended + 1))


@asynccontextmanager
async def world(*, ping_s: float = 100, send_timeout_s: float = 100) -> AsyncIterator[World]:
    with TemporaryDirectory() as folder:
        program = Program(await MemoryStore().new(), Path(folder), writer=None)
        container = program.container
        harness = StoreHarness.of(container)
        await program.start()
        flush = StreamFlush(
            watches=container.streams.watches(), ping_s=ping_s, send_timeout_s=send_timeout_s
        )
        async with flush.opened():
            yield World(program, flush, await harness.start(), harness)
        await program.stop()


async def test_clients_that_wait_for_the_same_share_one_channel_and_get_the_same() -> None:
    async with world() as here:
        clients = await here.clients(3)

        await here.append(2)
        await here.until(lambda: all(map(here.has_all, clients)))

        assert here.channels == 1
        assert here.program.container.streams.watches().counts().watchers == 3


async def test_a_full_client_goes_on_alone_and_comes_back_when_it_has_room() -> None:
    async with world() as here:
        full, first, second = await here.clients(3)

        full.fills = True
        await here.append()
        await here.until(lambda: here.flush.parked == 1)
        await here.append()
        await here.until(lambda: here.has_all(first) and here.has_all(second))
        apart, seen = here.channels, full.seqs
        full.make_room()
        await here.until(lambda: here.has_all(full) and here.channels == 1)

        assert (apart, seen) == (2, [1])


async def test_a_full_client_that_was_alone_does_not_keep_others_from_sharing() -> None:
    async with world() as here:
        [full] = await here.clients(1)
        full.fills = True
        await here.append()
        await here.until(lambda: here.flush.parked == 1)

        others = [await here.client() for _ in range(3)]
        await here.until(lambda: all(map(here.has_all, others)))
        await here.until(lambda: here.channels == 2)
        full.make_room()
        await here.until(lambda: here.has_all(full) and here.channels == 1)


async def test_the_end_is_written_to_those_who_are_full_before_they_are_closed() -> None:
    async with world() as here:
        full, other = await here.clients(2)
        full.fills = True
        await here.append()
        await here.until(lambda: here.flush.parked == 1)

        here.program.container.streams.watches().end_all("server_draining")
        await here.until(lambda: other.is_closed)
        was_closed = full.is_closed
        full.make_room()
        await here.until(lambda: full.is_closed)
        here.flush.on_gone(full)

        assert not was_closed
        assert here.has_all(full) and full.frames[-1] == Frame(kind="end")
        assert (full.times_left, other.times_left) == (0, 0)


async def test_one_that_is_full_when_the_end_is_written_is_closed_when_it_has_it() -> None:
    async with world() as here:
        full, other = await here.clients(2)
        full.fills = True

        here.program.container.streams.watches().end_all("server_draining")
        await here.until(lambda: other.is_closed and here.flush.parked == 1)
        was_closed = full.is_closed
        full.make_room()

        assert (was_closed, full.is_closed) == (False, True)
        assert full.frames[-1] == Frame(kind="end")


async def test_one_that_takes_nothing_for_too_long_is_dropped_and_has_left_once() -> None:
    async with world(ping_s=0.04, send_timeout_s=0) as here:
        full, other = await here.clients(2)
        full.fills = True
        await here.append()
        await here.until(lambda: full.is_closed and full.times_left == 1)

        here.flush.on_room(full)
        here.flush.on_gone(full)
        await here.append()
        await here.until(lambda: here.has_all(other))

        assert (full.times_left, other.times_left, other.is_closed) == (1, 0, False)
        assert here.program.container.streams.watches().counts().watchers == 1


async def test_one_that_takes_a_little_again_and_again_is_not_let_go() -> None:
    async with world(ping_s=0.04, send_timeout_s=0.1) as here:
        slow, stalled = await here.clients(2)
        slow.fills = stalled.fills = True
        await here.append()
        slow.held_back = 1_000_000

        def takes_some() -> bool:
            slow.held_back = (slow.held_back or 0) - 1
            return stalled.is_closed

        await here.until(takes_some)

        assert (stalled.is_let_go, slow.is_closed) == (True, False)
        assert here.program.container.meter().total("watchers_let_go") == 1


async def test_a_comment_shows_that_a_stream_lives_only_where_it_is_silent() -> None:
    async with world(ping_s=0.04) as here:
        full, other = await here.clients(2)
        full.fills = True
        await here.append()
        await here.until(lambda: b": ping" in other.taken)

        assert b": ping" not in full.taken
        assert full.writes == other.writes - other.taken.count(b": ping")
