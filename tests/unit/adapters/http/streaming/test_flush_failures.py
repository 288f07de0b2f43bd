"""What a watch, or the callback of a client that left, raises ends that stream only, once logged."""

import logging
from typing import Literal

import anyio
import pytest
from anyio.lowlevel import checkpoint

from application.watching.open_stream import OpenStream
from application.watching.stream_request import StreamRequest
from application.watching.stream_steps import BEHIND, CursorMoved, Step
from application.watching.wake import WakeSignal
from application.watching.watch import Watch
from domain.errors import LogUnavailable
from domain.ids import SessionId
from domain.principal import LOCAL
from tests.contract.store_harness import TALK
from tests.patience import PATIENCE_S
from tests.unit.adapters.http.streaming.test_flush import Client, World, world

Call = Literal["step", "read", "rest", "fork"]
OF_A_SPIN = 200
"""Turns of the loop, enough for an immediate retry to happen very often."""


class FailingWatch(Watch):
    """Goes on in place of another one, and raises in one of its calls, every time."""

    def __init__(self, of: Watch, failing: Call, error: BaseException) -> None:
        for name in Watch.__slots__:
            setattr(self, name, getattr(of, name))
        self.calls = 0
        self._failing = failing
        self._error = error

    def step(self) -> Step:
        if self._failing == "read":
            return BEHIND
        self._fail("step")
        return super().step()

    async def read(self) -> None:
        self._fail("read")

    def rest(self) -> CursorMoved | None:
        self._fail("rest")
        return super().rest()

    def fork(self, wake: WakeSignal, stream: OpenStream) -> Watch:
        self._fail("fork")
        return super().fork(wake, stream)

    def _fail(self, call: Call) -> None:
        if call == self._failing:
            self.calls += 1
            raise self._error


@pytest.mark.parametrize("failing", ["step", "read", "rest"])
@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyError("a"), LogUnavailable("gone")])
async def test_whatever_a_watch_raises_ends_its_stream_once_and_no_other(
    failing: Call, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(ping_s=0.04) as here:
        others = await here.clients(2)

        watch, client = await failing_client(here, failing, error)
        await here.until(lambda: client.is_closed)
        await turns(OF_A_SPIN)
        await here.append(2)
        await here.until(lambda: all(map(here.has_all, others)))

        assert watch.calls == 1
        assert [one.is_closed for one in others] == [False, False]
        assert here.program.container.streams.watches().counts().watchers == 2
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


async def test_a_client_that_is_full_and_cannot_go_on_alone_ends_with_those_of_its_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world() as here:
        full, other = await here.clients(2)
        [shared] = set(here.flush.channels().values())
        shared.watch = FailingWatch(shared.watch, "fork", RuntimeError("broken"))

        full.fills = True
        await here.append()
        await here.until(lambda: full.is_closed and other.is_closed)

        assert here.program.container.streams.watches().counts().watchers == 0
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


async def test_a_read_that_is_cancelled_from_elsewhere_ends_its_stream() -> None:
    async with world() as here:
        [other] = await here.clients(1)

        watch, client = await failing_client(here, "read", anyio.get_cancelled_exc_class()())
        await here.until(lambda: client.is_closed)
        await here.append()
        await here.until(lambda: here.has_all(other))

        assert watch.calls == 1


async def test_a_failure_after_a_client_has_left_is_logged_and_ends_no_other_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world() as here:
        [other] = await here.clients(1)
        leaver = await here.client()
        leaver.on_left = _broken

        here.flush.on_gone(leaver)
        await here.until(lambda: len(caplog.records) == 1)
        await here.append()
        await here.until(lambda: here.has_all(other))

        assert here.flush.is_open and not other.is_closed


async def test_work_that_is_under_way_ends_with_the_flush() -> None:
    with anyio.fail_after(PATIENCE_S):
        async with world() as here:
            leaver = await here.client()
            leaver.on_left = anyio.sleep_forever
            here.flush.on_gone(leaver)


async def failing_client(
    here: World, failing: Call, error: BaseException
) -> tuple[FailingWatch, Client]:
    watches = here.program.container.streams.watches()
    filtered = StreamRequest(session_ids=(SessionId(TALK),), event_types=frozenset({"log"}))
    whole = await watches.open(LOCAL, filtered)  # one that others do not share
    assert whole is not None
    while not whole.is_at_rest:
        whole.step()
    watch = FailingWatch(whole, failing, error)
    client = Client(watch.stream, here.flush)
    here.flush.add(watch, client)
    return watch, client


async def turns(count: int) -> None:
    for _ in range(count):
        await checkpoint()


async def _broken() -> None:
    raise RuntimeError("broken")
