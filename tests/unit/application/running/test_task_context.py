"""How the events of a run reach its listener, and what they count against."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from adapters.memory.agents import MemoryAgentThreads
from adapters.memory.asking import MemoryApprovalStore
from adapters.memory.database import MemoryDatabase
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.wakeups import MemoryWakeups
from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from application.asking.approval_gate import ApprovalGate
from application.running.pause_signal import PauseSignal
from application.running.stop_signal import LimitHit, StopSignal
from application.running.task_context import TaskContext
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import LeaseLost
from domain.events import AgentEvent, EventListener, Origin
from domain.ids import AgentName, SessionId
from domain.ledger import Ledger
from domain.limits import Limits
from domain.principal import LOCAL
from domain.process_events import Log, ProcessStarted
from domain.task_events import Error
from domain.thinking_events import TokenUsage
from ports.session_store import SessionEdit
from tests.asked import Asked
from tests.fakes import CountingIdSource, FakeClock
from tests.process_fakes import process_task
from tests.unit.any_event import ORIGIN

BURST = [Log(line="four", line_num=number, stream="pty") for number in (1, 2, 3, 4)]
THREAD = AgentThread(id="t-1")
OVER = LimitHit("limit.output", "the task went over its limit of output")


class ToolOutcome:
    """Remembers what it is told, and raises what it is given when it is told of that line."""

    def __init__(self, *, failure: Exception | None = None, at: int = 0) -> None:
        self.events: list[AgentEvent] = []
        self._failure = failure
        self._at = at

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        self.events.append(event)
        if self._failure and isinstance(event, Log) and event.line_num == self._at:
            raise self._failure


async def test_a_burst_is_emitted_in_its_order() -> None:
    told = ToolOutcome()

    await _context(told).emit_all(BURST)

    assert told.events == BURST


async def test_an_event_that_is_not_taken_holds_up_none_of_the_rest() -> None:
    broken = ToolOutcome(failure=RuntimeError("a bug"), at=2)

    await _context(broken).emit_all(BURST)

    assert broken.events == BURST


async def test_a_lost_lease_ends_a_burst_where_it_is_noticed() -> None:
    told = ToolOutcome(failure=LeaseLost("gone"), at=2)

    with pytest.raises(LeaseLost):
        await _context(told).emit_all(BURST)

    assert told.events == BURST[:2]


async def test_an_event_of_a_burst_is_made_when_the_one_before_was_told() -> None:
    told = ToolOutcome()
    told_before: list[int] = []

    def lines() -> Iterator[Log]:
        for event in BURST:
            told_before.append(len(told.events))
            yield event

    await _context(told).emit_all(lines())

    assert told_before == [0, 1, 2, 3]


async def test_a_burst_that_passes_a_limit_is_told_whole_and_stops_the_run() -> None:
    told, stop = ToolOutcome(), StopSignal()
    context = _context(told, limits=Limits(output_bytes=8), stop=stop)

    causes = []
    for burst in (BURST[:2], BURST[2:]):
        await context.emit_all(burst)
        causes.append(stop.cause)

    assert causes == [None, OVER]
    assert told.events == BURST
    assert context.ledger.output_bytes == 16


async def test_a_lone_event_that_passes_a_limit_stops_the_run() -> None:
    stop = StopSignal()

    await _context(ToolOutcome(), limits=Limits(output_bytes=3), stop=stop).emit(BURST[0])

    assert stop.cause == OVER


async def test_a_burst_is_a_sign_of_life() -> None:
    clock = FakeClock()
    context = _context(ToolOutcome(), clock=clock)
    clock.advance(7)

    await context.emit_all(BURST)

    assert context.last_event_at == 7


async def test_a_kept_conversation_is_found_by_the_next_run_until_it_is_forgotten() -> None:
    threads, found = await _threads(), []
    for step in ("keep", "find", "forget", "find"):
        context = _context(ToolOutcome(), threads=threads)
        await context.find_thread()
        if step == "keep":
            await context.keep_thread(THREAD)
        elif step == "forget":
            await context.forget_thread()
        found.append(context.thread)

    assert found == [THREAD, THREAD, None, None]


async def test_who_forgets_a_conversation_has_not_said_a_word_of_the_new_one() -> None:
    context = _context(ToolOutcome())
    await context.emit(BURST[0])

    await context.forget_thread()

    assert not context.has_spoken


async def test_what_prepares_an_agent_speaks_no_word_of_it() -> None:
    context = _context(ToolOutcome())
    started = ProcessStarted(pid=1, command="x", cwd="/", pty=False, sandbox="none")
    await context.emit(started)
    await context.emit(BURST[0])
    has_spoken = context.has_spoken

    await context.emit(started)

    assert (has_spoken, context.has_spoken) == (True, False)


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
    seen = ToolOutcome()
    context = _context(seen, limits=Limits(usd=1.0), kind=kind)

    for event in _used(costs):
        await context.emit(event)
    await context.emit_all(_used(costs))

    assert [event for event in seen.events if isinstance(event, Error)] == errors * [
        Error(
            message="the price of own is not known, so that limits.usd cannot be kept",
            phase="limits",
            recoverable=True,
        )
    ]


async def test_a_limit_of_tokens_that_counts_a_part_of_them_is_reported_once() -> None:
    seen = ToolOutcome()
    context = _context(seen, limits=Limits(tokens=1000), kind="acp")
    for event in _used([None, None]):
        await context.emit(event)
        await context.emit(replace(event, partial=True))

    assert [event for event in seen.events if isinstance(event, Error)] == [
        Error(
            message="the agent does not report all the tokens that it uses as it works, "
            "so that limits.tokens counts a part of them",
            phase="limits",
            recoverable=True,
        )
    ]


async def test_no_price_is_missed_where_nothing_limits_the_cost() -> None:
    seen = ToolOutcome()

    await _context(seen).emit_all(_used([None]))

    assert seen.events == list(_used([None]))


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


def _context(
    listener: EventListener,
    *,
    kind: str = "shell",
    limits: Limits | None = None,
    stop: StopSignal | None = None,
    clock: FakeClock | None = None,
    threads: MemoryAgentThreads | None = None,
) -> TaskContext:
    gate = ApprovalGate(
        store=MemoryApprovalStore(MemoryDatabase(FakeClock())),
        wakeups=MemoryWakeups(),
        ids=CountingIdSource(),
        expires_s=900.0,
    )
    context = TaskContext(
        task=process_task("true"),
        profile=AgentProfile(name=AgentName("a"), kind="unknown"),
        ledger=Ledger(),
        workspace="",
        origin=ORIGIN,
        listener=listener,
        approvals=gate,
        questions=Asked().questions,
        threads=threads or MemoryAgentThreads(MemoryDatabase(FakeClock())),
        stop=stop or StopSignal(),
        pauses=PauseSignal(),
        clock=clock or FakeClock(),
        meter=PrometheusMeter(new_registry()),
        recorded=at_once,
    )
    # As a run does, whose first step is to find the profile.
    context.profile = AgentProfile(name=AgentName("a"), kind=kind)
    context.ledger.limits = limits or Limits()
    return context


async def at_once() -> None:
    """As a log would that is always ready."""
