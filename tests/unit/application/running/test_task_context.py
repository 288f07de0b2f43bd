"""How the events of a run reach its sink, and what they count against."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from adapters.memory.agents import MemoryAgentThreads
from adapters.memory.database import MemoryDatabase
from adapters.memory.session_store import MemorySessionStore
from application.running.run_signals import LimitHit, StopSignal
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import LeaseLost, StorageFull
from domain.events import AgentEvent
from domain.ids import AgentName, SessionId
from domain.limits import Limits
from domain.principal import LOCAL
from domain.process_events import Log, ProcessStarted
from domain.redaction import Redactor
from domain.task_events import Error, FinalEvent, TaskFailed
from domain.thinking_events import MessageDelta, TokenUsage
from domain.tool_events import ToolCallComplete, ToolCallStream
from domain.usage import Usage
from ports.output_archive import OutputSource
from ports.session_store import SessionEdit
from tests.fakes import FakeClock
from tests.process_fakes import process_task
from tests.task_context_fakes import FakeSink, task_context

TASK = process_task("work")
BURST = [Log(line="four", line_num=number, stream="pty") for number in (1, 2, 3, 4)]
THREAD = AgentThread(id="t-1")
OVER = LimitHit("limit.output", "the task went over its limit of output")


async def test_a_burst_is_emitted_in_its_order() -> None:
    sink = FakeSink()

    await task_context(sink).emit_all(BURST)

    assert sink.events == BURST


async def test_a_lost_lease_ends_a_burst_where_it_is_noticed() -> None:
    sink = FakeSink(fails_with=LeaseLost("gone"), fails_at=lambda event: event == BURST[1])

    with pytest.raises(LeaseLost):
        await task_context(sink).emit_all(BURST)

    assert sink.events == BURST[:2]


async def test_an_event_of_a_burst_is_made_when_the_one_before_was_emitted() -> None:
    sink = FakeSink()
    emitted_before: list[int] = []

    def lines() -> Iterator[Log]:
        for event in BURST:
            emitted_before.append(len(sink.events))
            yield event

    await task_context(sink).emit_all(lines())

    assert emitted_before == [0, 1, 2, 3]


async def test_a_burst_that_passes_a_limit_is_emitted_whole_and_stops_the_run() -> None:
    sink, stop = FakeSink(), StopSignal()
    context = task_context(sink, limits=Limits(output_bytes=8), stop=stop)

    causes = []
    for burst in (BURST[:2], BURST[2:]):
        await context.emit_all(burst)
        causes.append(stop.cause)

    assert causes == [None, OVER]
    assert sink.events == BURST
    assert context.ledger.output_bytes == 16


async def test_a_lone_event_that_passes_a_limit_stops_the_run() -> None:
    stop = StopSignal()

    await task_context(FakeSink(), limits=Limits(output_bytes=3), stop=stop).emit(BURST[0])

    assert stop.cause == OVER


async def test_a_burst_is_a_sign_of_life() -> None:
    clock = FakeClock()
    context = task_context(FakeSink(), clock=clock)
    clock.advance(7)

    await context.emit_all(BURST)

    assert context.last_event_at == 7


async def test_a_kept_conversation_is_found_by_the_next_run_until_it_is_forgotten() -> None:
    threads, found = await _threads(), []
    for step in ("keep", "find", "forget", "find"):
        thread = await threads.find(TASK.session_key, TASK.agent)
        context = task_context(FakeSink(), task=TASK, threads=threads, thread=thread)
        if step == "keep":
            await context.keep_thread(THREAD)
        elif step == "forget":
            await context.forget_thread()
        found.append(context.thread)

    assert found == [THREAD, THREAD, None, None]


async def test_an_agent_whose_conversation_is_forgotten_has_emitted_nothing_of_the_new_one() -> (
    None
):
    context = task_context(FakeSink())
    await context.emit(BURST[0])

    await context.forget_thread()

    assert not context.has_output


async def test_what_prepares_an_agent_is_no_output_of_it() -> None:
    context = task_context(FakeSink())
    started = ProcessStarted(pid=1, command="x", cwd="/", pty=False, sandbox="none")
    await context.emit(started)
    await context.emit(BURST[0])
    has_output = context.has_output

    await context.emit(started)

    assert (has_output, context.has_output) == (True, False)


async def _threads() -> MemoryAgentThreads:
    """With the session of every task here."""
    database = MemoryDatabase(FakeClock())
    await MemorySessionStore(database).create(LOCAL, SessionId("s"), SessionEdit())
    return MemoryAgentThreads(database)


@pytest.mark.parametrize(
    ("kind", "costs", "errors"),
    [
        ("react", [None, None], 1),
        ("react", [0.5, None], 1),
        ("react", [0.5, 0.0], 0),
        ("gemini", [None], 1),
        ("acp", [None, 0.5], 1),
        ("acp", [0.5, None], 0),
    ],
)
async def test_a_limit_that_cannot_be_kept_for_want_of_a_price_is_reported_once(
    kind: str, costs: Sequence[float | None], errors: int
) -> None:
    sink = FakeSink()
    context = task_context(sink, profile=_profile(kind), limits=Limits(usd=1.0))

    for event in _used(costs):
        await context.emit(event)
    await context.emit_all(_used(costs))

    assert [event for event in sink.events if isinstance(event, Error)] == errors * [
        Error(
            message="the price of own is not known, so that limits.usd cannot be kept",
            phase="limits",
            recoverable=True,
        )
    ]


async def test_a_limit_of_tokens_that_counts_a_part_of_them_is_reported_once() -> None:
    sink = FakeSink()
    context = task_context(sink, profile=_profile("acp"), limits=Limits(tokens=1000))
    for event in _used([None, None]):
        await context.emit(event)
        await context.emit(replace(event, partial=True))

    assert [event for event in sink.events if isinstance(event, Error)] == [
        Error(
            message="the agent does not report all the tokens that it uses as it works, "
            "so that limits.tokens counts a part of them",
            phase="limits",
            recoverable=True,
        )
    ]


async def test_no_price_is_missed_where_nothing_limits_the_cost() -> None:
    sink = FakeSink()

    await task_context(sink).emit_all(_used([None]))

    assert sink.events == list(_used([None]))


def _used(costs: Sequence[float | None]) -> Iterator[TokenUsage]:
    total: float | None = None
    for cost in costs:
        total = total if cost is None else (total or 0.0) + cost
        yield TokenUsage(
            model="own",
            input_tokens=1,
            output_tokens=1,
            total_tokens=2,
            cost_usd=cost,
            total_cost_usd=total,
        )


async def test_the_last_event_follows_what_was_held_back_and_takes_what_was_used() -> None:
    sink = FakeSink()
    context = task_context(sink, redactor=Redactor(["secret-word"]))
    last = TaskFailed(error="over", reason="agent_error", duration_ms=1)
    await context.emit_all(_used([0.5]))
    await context.emit(MessageDelta(message_id="m", text="a secret"))

    await context.end(last)

    texts = [event.text for event in sink.events if isinstance(event, MessageDelta)]
    assert ("".join(texts), sink.events[-1]) == ("a secret", last)
    assert sink.usage == Usage(input_tokens=1, output_tokens=1, total_tokens=2, cost_usd=0.5)


async def test_the_last_event_does_not_need_room_in_the_archive() -> None:
    sink = FakeSink()
    context = task_context(sink, redactor=Redactor(["secret-word"]), archive=FullArchive())
    last = TaskFailed(error="over", reason="agent_error", duration_ms=1)
    await context.emit(ToolCallStream(call_id="c", stream="stdout", chunk="secret"))

    await context.end(last)

    piece = ToolCallStream(call_id="c", stream="stdout", chunk="secret")
    assert sink.events == [piece, last]


async def test_the_last_event_does_not_need_room_in_the_log_for_a_text_held_back_before_it() -> (
    None
):
    sink = FullSink(fails_with=StorageFull("no room for events"))
    context = task_context(sink, redactor=Redactor(["secret-word"]))
    last = TaskFailed(error="full", reason="storage_full", duration_ms=1)
    await context.emit(MessageDelta(message_id="m", text="secret"))

    await context.end(last)

    assert sink.events[-1] == last


async def test_a_full_archive_keeps_no_event_of_a_call_from_the_log() -> None:
    sink = FakeSink()
    context = task_context(sink, redactor=Redactor(["secret-word"]), archive=FullArchive())
    piece = ToolCallStream(call_id="c", stream="stdout", chunk="secret")
    complete = ToolCallComplete(
        call_id="c", tool_name="shell", status="ok", result="done", duration_ms=1
    )
    await context.emit(piece)

    with pytest.raises(StorageFull):
        await context.emit(complete)

    assert sink.events == [piece, complete]


class FullSink(FakeSink):
    """Has room for the last event alone."""

    async def end(self, event: FinalEvent, *, usage: Usage | None = None) -> None:
        self.events.append(event)


class FullArchive:
    async def write(
        self, text: str, source: OutputSource | None = None, *, apart: bool = False
    ) -> None:
        raise StorageFull("no room for output")


async def test_a_follower_sees_each_event_after_it_was_emitted() -> None:
    sink, seen = FakeSink(), list[tuple[AgentEvent, int]]()
    context = task_context(sink)

    async def look(event: AgentEvent) -> None:
        seen.append((event, len(sink.events)))

    context.follow(look)
    await context.emit(BURST[0])
    await context.emit_all(BURST[1:])

    assert seen == [(event, at) for at, event in enumerate(BURST, start=1)]


def _profile(kind: str) -> AgentProfile:
    return AgentProfile(name=AgentName("a"), kind=kind)
