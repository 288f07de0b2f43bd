"""A thread's sum becomes the use of each of its tasks."""

from dataclasses import replace

from adapters.cli_agents.codex_parser import CodexParser
from domain.agent_thread import AgentThread
from domain.thinking_events import TokenUsage
from domain.usage import Usage
from tests.fakes import FakeClock
from tests.unit.adapters.cli_agents.transcript import events_of

BEFORE = Usage(
    input_tokens=40,
    output_tokens=20,
    total_tokens=60,
    cached_input_tokens=10,
    reasoning_tokens=5,
)
DOUBLE = {
    "input_tokens": 80,
    "cached_input_tokens": 20,
    "output_tokens": 40,
    "reasoning_output_tokens": 10,
}
TWICE = BEFORE.plus(BEFORE)
THIS_TASKS = TokenUsage(
    model="unknown",
    input_tokens=40,
    output_tokens=20,
    total_tokens=60,
    cached_input_tokens=10,
    reasoning_tokens=5,
)


def test_a_resumed_thread_is_counted_from_its_previous_usage() -> None:
    parser = _parser(AgentThread(id="t-1", usage=BEFORE))

    events_from = events_of(parser, _started("t-1"), _completed(DOUBLE))

    assert events_from == [THIS_TASKS]
    assert parser.thread == AgentThread(id="t-1", usage=TWICE)


def test_the_usage_of_a_thread_changes_at_the_end_of_a_turn() -> None:
    thread = AgentThread(id="t-1", usage=BEFORE)
    parser = _parser(thread)

    events_of(parser, _started("t-1"), {"type": "turn.started"})

    assert parser.thread == thread


def test_a_new_thread_keeps_its_usage() -> None:
    parser = _parser(None)

    events_of(parser, _started("t-1"), _completed(DOUBLE))

    assert parser.thread == AgentThread(id="t-1", usage=TWICE)


def test_another_thread_than_the_resumed_one_is_counted_from_zero() -> None:
    parser = _parser(AgentThread(id="t-1", usage=BEFORE))

    [events_from] = events_of(parser, _started("t-2"), _completed(DOUBLE))

    assert isinstance(events_from, TokenUsage)
    assert (events_from.input_tokens, events_from.output_tokens) == (80, 40)
    assert parser.thread == AgentThread(id="t-2", usage=TWICE)


def test_a_total_that_shrank_is_counted_whole() -> None:
    parser = _parser(AgentThread(id="t-1", usage=TWICE))
    fewer = {**DOUBLE, "input_tokens": 30, "output_tokens": 9}

    [events_from] = events_of(parser, _started("t-1"), _completed(fewer))

    assert isinstance(events_from, TokenUsage)
    assert (events_from.input_tokens, events_from.output_tokens) == (30, 9)


def test_tokens_are_counted_under_the_configured_model() -> None:
    parser = CodexParser(FakeClock(), thread=AgentThread(id="t-1", usage=BEFORE), model="m")

    events_from = events_of(parser, _started("t-1"), _completed(DOUBLE))

    assert events_from == [replace(THIS_TASKS, model="m")]


def _parser(thread: AgentThread | None) -> CodexParser:
    return CodexParser(FakeClock(), thread=thread)


def _started(thread: str) -> dict[str, object]:
    return {"type": "thread.started", "thread_id": thread}


def _completed(used: dict[str, int]) -> dict[str, object]:
    return {"type": "turn.completed", "usage": used}
