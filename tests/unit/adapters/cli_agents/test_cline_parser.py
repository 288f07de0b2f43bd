import json

import pytest

from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift
from domain.task_events import Error
from domain.thinking_events import TokenUsage
from domain.tool_events import ToolCallComplete
from ports.runner import Completed, Failed
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser


def event(kind: str, **fields: object) -> dict[str, object]:
    return {"type": "agent_event", "event": {"type": kind, **fields}}


def ended(reason: str, text: str = "", **fields: object) -> dict[str, object]:
    return {"type": "run_result", "finishReason": reason, "text": text, **fields}


def failed(message: str, *, recoverable: bool) -> dict[str, object]:
    return event("error", error={"message": message}, recoverable=recoverable)


def parsed(*lines: object) -> list[AgentEvent]:
    return events_of(new_parser("cline"), *lines)


def test_a_recoverable_error_is_reported_and_the_run_continues() -> None:
    parser = new_parser("cline")

    events = events_of(parser, failed("429 slow", recoverable=True), ended("completed", "Done."))

    assert events == [Error(message="429 slow", phase="model", recoverable=True)]
    assert parser.outcome == Completed(final_answer="Done.")


@pytest.mark.parametrize(
    ("lines", "failure"),
    [
        (
            [failed("400 no", recoverable=False), ended("error", "400 no")],
            Failed(error="400 no", reason="model_error"),
        ),
        (
            [ended("max_iterations")],
            Failed(error="the agent ended with max_iterations", reason="agent_error"),
        ),
        (
            [{"type": "error", "message": "no prompt"}],
            Failed(error="no prompt", reason="agent_error"),
        ),
        (
            [failed("400 no", recoverable=False), {"type": "error", "message": "it failed"}],
            Failed(error="400 no", reason="model_error"),
        ),
    ],
)
def test_a_run_that_does_not_complete_has_failed(lines: list[object], failure: Failed) -> None:
    parser = new_parser("cline")

    events_of(parser, *lines)

    assert parser.outcome == failure


def test_a_call_of_several_commands_has_their_results_and_fails_with_one() -> None:
    output = [
        {"query": "a", "result": "one", "success": True},
        {"query": "b", "result": "two", "error": "exit 2", "success": False},
    ]
    tool = {"contentType": "tool", "toolName": "run_commands", "toolCallId": "c1"}

    events = parsed(
        event("content_start", **tool, input={"commands": ["a", "b"]}),
        event("content_end", **tool, output=output),
    )

    (complete,) = [found for found in events if isinstance(found, ToolCallComplete)]
    assert (complete.status, complete.result, complete.error) == ("error", "one\ntwo", "exit 2")


def test_usage_is_counted_by_call_and_not_again_in_the_total() -> None:
    sums = {"inputTokens": 8, "outputTokens": 3, "totalCost": 0.5}

    assert parsed(
        event("usage", inputTokens=5, outputTokens=2, cost=0.25),
        ended("completed", usage=sums, model={"id": "m"}),
    ) == [
        TokenUsage(
            model="unknown",
            input_tokens=5,
            output_tokens=2,
            cost_usd=0.25,
            total_tokens=7,
            total_cost_usd=0.25,
        ),
        TokenUsage(
            model="m",
            input_tokens=3,
            output_tokens=1,
            cost_usd=0.25,
            total_tokens=11,
            total_cost_usd=0.5,
        ),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (event("hum"), "event hum"),
        (event("content_start", contentType="media"), "content_start of media"),
        ({"type": "run_result"}, "type run_result"),
    ],
)
def test_an_unknown_line_is_kept_as_raw(line: dict[str, object], what: str) -> None:
    assert parsed(line) == [
        Raw(source="cline", line=json.dumps(line)),
        SchemaDrift(source="cline", what=what),
    ]
