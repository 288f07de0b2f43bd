import json
from collections.abc import Mapping

import pytest

from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift
from domain.thinking_events import IterationStart, Message, TokenUsage
from domain.tool_events import ToolCallComplete
from domain.usage import Usage
from ports.runner import Completed, Failed
from tests.fakes import FakeClock
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

REFUSAL = "[API Error: 400 no such model]"
INIT = {"type": "system", "subtype": "init", "session_id": "s-1", "model": "m"}


def piece(kind: str, **fields: object) -> dict[str, object]:
    return {"type": "stream_event", "parent_tool_use_id": None, "event": {"type": kind, **fields}}


def begun(id_: str) -> dict[str, object]:
    return piece("message_start", message={"id": id_, "model": "m"})


def text(words: str, id_: str = "a", *, used: int = 0) -> dict[str, object]:
    return assistant(id_, {"type": "text", "text": words}, used=used)


def call(call_id: str, id_: str = "b", *, used: int = 0) -> dict[str, object]:
    block = {"type": "tool_use", "id": call_id, "name": "run_shell_command", "input": {}}
    return assistant(id_, block, used=used)


def assistant(id_: str, block: Mapping[str, object], *, used: int) -> dict[str, object]:
    usage = {"input_tokens": used, "output_tokens": used}
    message = {"id": id_, "model": "m", "content": [block], "usage": usage}
    return {"type": "assistant", "message": message}


def result(words: str, *, used: int = 0, **fields: object) -> dict[str, object]:
    usage = {"input_tokens": used, "output_tokens": used}
    return {"type": "result", "is_error": False, "result": words, "usage": usage, **fields}


def used(each: int) -> Usage:
    return Usage(input_tokens=each, output_tokens=each, total_tokens=2 * each)


def totals(events: list[AgentEvent]) -> list[int]:
    return [event.total_tokens for event in events if isinstance(event, TokenUsage)]


def parsed(*lines: Mapping[str, object]) -> list[AgentEvent]:
    return events_of(new_parser("qwen"), *lines)


def of(kind: type[AgentEvent], events: list[AgentEvent]) -> list[AgentEvent]:
    return [event for event in events if isinstance(event, kind)]


def test_the_lines_of_one_answer_are_one_iteration_and_one_usage() -> None:
    events = parsed(begun("a"), text("Look."), call("c1", used=7), piece("message_stop"))

    assert len(of(IterationStart, events)) == 1
    assert of(TokenUsage, events) == [
        TokenUsage(model="m", input_tokens=7, output_tokens=7, total_tokens=14)
    ]


def test_without_streaming_each_line_is_counted() -> None:
    events = parsed(text("Look.", used=3))

    assert len(of(IterationStart, events)) == 1
    assert of(TokenUsage, events) == [
        TokenUsage(model="m", input_tokens=3, output_tokens=3, total_tokens=6)
    ]


def test_calls_beside_the_answers_are_counted_and_earlier_tasks_are_not() -> None:
    first = new_parser("qwen")
    events = events_of(first, INIT, text("Done.", used=3), result("Done.", used=5))
    assert totals(events) == [6, 10]
    assert first.thread == AgentThread(id="s-1", usage=used(5))

    again = CliOutputParsers(FakeClock()).of("qwen", thread=first.thread)
    assert again
    events = events_of(again, INIT, text("Done.", used=3), result("Done.", used=9))

    assert totals(events) == [6, 8]
    assert again.thread == AgentThread(id="s-1", usage=used(9))


def test_cached_tokens_count_as_input() -> None:
    usage = {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 4}
    message = {"id": "a", "model": "m", "content": [], "usage": usage}

    assert of(TokenUsage, parsed({"type": "assistant", "message": message})) == [
        TokenUsage(
            model="m", input_tokens=10, output_tokens=2, total_tokens=12, cached_input_tokens=4
        )
    ]


@pytest.mark.parametrize(
    ("words", "used", "is_refusal"),
    [
        (REFUSAL, 0, True),
        (f"{REFUSAL}\nWait, and try again.", 0, True),
        (REFUSAL, 5, False),
        (f"I saw {REFUSAL}", 0, False),
    ],
    ids=["its own words", "with advice", "words of a model", "more than a refusal"],
)
def test_an_error_of_its_model_is_a_failure_although_the_result_is_a_success(
    words: str, used: int, is_refusal: bool
) -> None:
    parser = new_parser("qwen")
    done = {"type": "tool_result", "tool_use_id": "c1", "content": "out"}

    events_of(
        parser,
        begun("a"),
        call("c1", used=5),
        piece("message_stop"),
        {"type": "user", "message": {"content": [done]}},
        begun("c"),
        text(words, "c", used=used),
        piece("message_stop"),
        result(words),
    )

    refused = Failed(error=words.translate({ord(c): None for c in "[]"}), reason="model_error")
    answered = Completed(final_answer=words, total_iterations=2)
    assert parser.outcome == (refused if is_refusal else answered)


@pytest.mark.parametrize(
    ("message", "reason"),
    [("Reached max session turns", "agent_error"), (REFUSAL, "model_error")],
)
def test_an_error_of_its_own_is_a_failure(message: str, reason: str) -> None:
    parser = new_parser("qwen")

    events_of(parser, result("", is_error=True, error={"message": message}))

    assert isinstance(parser.outcome, Failed)
    assert parser.outcome.reason == reason
    assert parser.outcome.error == message.strip("[]")


def test_a_subagent_ends_nothing_and_its_calls_are_reported() -> None:
    parser = new_parser("qwen")
    done = {"type": "tool_result", "tool_use_id": "c2", "content": "out", "is_error": True}

    events = events_of(
        parser,
        {**call("c2"), "parent_tool_use_id": "c1"},
        {"type": "user", "parent_tool_use_id": "c1", "message": {"content": [done]}},
        {**text(REFUSAL, "s"), "parent_tool_use_id": "c1"},
        text("Done.", used=1),
        result("Done."),
    )

    assert isinstance(parser.outcome, Completed)
    (complete,) = of(ToolCallComplete, events)
    assert isinstance(complete, ToolCallComplete)
    assert (complete.call_id, complete.status) == ("c2", "error")
    assert len(of(Message, events)) >= 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"type": "system", "subtype": "dream"}, "system dream"),
        ({"type": "assistant", "message": {"id": "a"}}, "assistant without an id or content"),
        ({"type": "result"}, "type result"),
    ],
)
def test_an_unknown_line_is_kept_as_raw(line: dict[str, object], what: str) -> None:
    assert parsed(line) == [
        Raw(source="qwen", line=json.dumps(line)),
        SchemaDrift(source="qwen", what=what),
    ]


@pytest.mark.parametrize("piece", ["[API Error: ", "[", "{"])
def test_an_error_of_any_length_is_read_in_one_pass(piece: str) -> None:
    message = piece * 200_000
    parser = new_parser("qwen")

    events_of(parser, result("", is_error=True, error={"message": message}))

    assert isinstance(parser.outcome, Failed)
    assert parser.outcome.error == message.strip()
