"""A listener's place in the log: what waits in memory, what is read again, whose turn it is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest

from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from adapters.wire import JsonEventCodec
from application.casting.listener_feed import MAX_HELD_EVENTS, ListenerFeed
from domain.errors import LogUnavailable
from domain.ids import SessionKey, Tag
from domain.process_events import Log
from ports.event_log import StoredEvent
from tests.fakes import RecordedEvents
from tests.patience import PATIENCE_S
from tests.unit.event_strategies import ORIGIN
from tests.unit.fake_event_log import AT, FakeEventLog

ANOTHER = replace(ORIGIN, session_key=SessionKey(99))


class AwayLog(FakeEventLog):
    """Fails with the first reads."""

    def __init__(self, *events: StoredEvent, times: int, error: Exception) -> None:
        super().__init__(*events)
        self._times = times
        self._error = error

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        self._times -= 1
        if self._times >= 0:
            raise self._error
        return await super().read(session_key, after=after, limit=limit)


def line(seq: int) -> StoredEvent:
    event = Log(line=f"{seq}", line_num=seq, stream="pty")
    return JsonEventCodec().encode(event, ORIGIN, at=AT, tag=Tag(f"{seq:08x}")).at_seq(seq)


LINES = [line(seq) for seq in range(1, MAX_HELD_EVENTS + 500)]


async def test_what_waits_beyond_the_bound_is_read_again_in_order() -> None:
    log = FakeEventLog(*LINES)
    async with fed(log) as (feed, recorded):
        for one in LINES:
            feed.add(ORIGIN, [one])
        await feed.is_done()

    assert numbers(recorded) == [one.seq for one in LINES]
    assert log.reads[0] == MAX_HELD_EVENTS


async def test_what_comes_while_it_reads_again_comes_after_that() -> None:
    async with fed(FakeEventLog(*LINES)) as (feed, recorded):
        feed.add(ORIGIN, LINES[:1200])
        for one in LINES[1200:]:
            feed.add(ORIGIN, [one])
            await asyncio.sleep(0)
        await feed.is_done()

    assert numbers(recorded) == [one.seq for one in LINES]


@pytest.mark.parametrize("error", [LogUnavailable("away"), ValueError("a fault of the log")])
async def test_a_log_that_fails_is_tried_again(error: Exception) -> None:
    async with fed(AwayLog(*LINES, times=3, error=error)) as (feed, recorded):
        for one in LINES:
            feed.add(ORIGIN, [one])
        await feed.is_done()

    assert numbers(recorded) == [one.seq for one in LINES]


async def test_what_was_emptied_meanwhile_is_counted_as_lost() -> None:
    meter = PrometheusMeter(new_registry())
    emptied = line(2)._replace(body=b"")
    async with fed(FakeEventLog(*LINES), meter) as (feed, recorded):
        feed.add(ORIGIN, [line(1), emptied, line(3)])
        await feed.is_done()

    assert numbers(recorded) == [1, 3]
    assert meter.total("listener_events_lost") == 1


async def test_a_busy_session_does_not_hold_up_another() -> None:
    async with fed(FakeEventLog(*LINES)) as (feed, recorded):
        for one in LINES[:100]:
            feed.add(ORIGIN, [one])
        feed.add(ANOTHER, [line(1)])
        await feed.is_done()

    assert [origin.session_key for origin in recorded.origins].index(ANOTHER.session_key) == 1


def numbers(recorded: RecordedEvents) -> list[int]:
    return [event.line_num for event in recorded.events if isinstance(event, Log)]


@asynccontextmanager
async def fed(
    log: FakeEventLog, meter: PrometheusMeter | None = None
) -> AsyncIterator[tuple[ListenerFeed, RecordedEvents]]:
    recorded = RecordedEvents()
    feed = ListenerFeed(
        recorded,
        log=log,
        codec=JsonEventCodec(),
        meter=meter or PrometheusMeter(new_registry()),
        retry_s=0,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(feed.run())
        with anyio.fail_after(PATIENCE_S):
            yield feed, recorded
        running.cancel()
