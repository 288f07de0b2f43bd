import json
from collections.abc import Mapping

import pytest

from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift
from domain.task_events import Error
from domain.thinking_events import (
    IterationStart,
    Message,
    MessageDelta,
    Phase,
    PlanCreated,
    TokenUsage,
)
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolStatus
from ports.runner import Completed, Failed
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

FIRST = IterationStart(iteration=1, max_iterations=0)


def message(text: str, *, delta: bool = True) -> dict[str, object]:
    return {"type": "message", "role": "assistant", "content": text, "delta": delta}


def tool_use(call_id: str, **parameters: object) -> dict[str, object]:
    return {
        "type": "tool_use",
        "tool_name": "write_todos" if "todos" in parameters else "shell",
        "tool_id": call_id,
        "parameters": parameters,
    }


def tool_result(call_id: str, status: str = "success", **fields: object) -> dict[str, object]:
    return {"type": "tool_result", "tool_id": call_id, "status": status, **fields}


def events_from(*lines: Mapping[str, object]) -> list[AgentEvent]:
    return events_of(new_parser("gemini"), *lines)


def test_a_message_is_completed_when_the_output_ends() -> None:
    assert events_from(message("Half a "), message("mess")) == [
        FIRST,
        MessageDelta(message_id="message-1", text="Half a "),
        MessageDelta(message_id="message-1", text="mess"),
        Message(message_id="message-1", role="assistant", content="Half a mess"),
    ]


def test_a_complete_message_has_no_deltas() -> None:
    assert events_from(message("One", delta=True), message("Two", delta=False)) == [
        FIRST,
        MessageDelta(message_id="message-1", text="One"),
        Message(message_id="message-1", role="assistant", content="One"),
        Message(message_id="message-2", role="assistant", content="Two"),
    ]


def test_an_empty_message_is_ignored() -> None:
    assert events_from(message(""), message("", delta=False)) == []


def test_an_endless_message_becomes_several() -> None:
    piece = "x" * 1_000_000

    events = events_from(*[message(piece)] * 10)

    whole = [len(event.content) for event in events if isinstance(event, Message)]
    assert whole == [5_000_000, 5_000_000]


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"status": "success"}, "ok", None),
        ({"status": "error", "error": {"type": "x", "message": "no file"}}, "error", "no file"),
        ({"status": "error"}, "error", None),
        (
            {"status": "success", "error": {"message": "User cancelled the call"}},
            "denied",
            "User cancelled the call",
        ),
        (
            {"status": "error", "error": {"type": "policy_violation", "message": "no"}},
            "denied",
            "no",
        ),
        (
            {"status": "error", "error": {"message": "Tool execution denied by policy."}},
            "denied",
            "Tool execution denied by policy.",
        ),
    ],
)
def test_a_tool_call_has_the_reported_status(
    fields: dict[str, object], status: ToolStatus, error: str | None
) -> None:
    result = {"type": "tool_result", "tool_id": "c1", "output": "out", **fields}

    assert events_from(tool_use("c1", command="ls"), result) == [
        FIRST,
        ToolCallStart(call_id="c1", tool_name="shell", arguments={"command": "ls"}),
        ToolCallComplete(
            call_id="c1",
            tool_name="shell",
            status=status,
            result="out",
            error=error,
            duration_ms=0,
        ),
    ]


@pytest.mark.parametrize(
    ("output", "status"),
    [
        ("Command exited with code: 3", "error"),
        ("Command terminated by signal: 9", "error"),
        ("Command failed: spawn bash ENOENT", "error"),
        ("Command exited with code: 0", "ok"),
        ("it says: Command exited with code: 3", "ok"),
    ],
)
def test_a_failed_command_is_an_error_although_reported_as_success(
    output: str, status: ToolStatus
) -> None:
    result = {"type": "tool_result", "tool_id": "c1", "status": "success", "output": output}

    *_, complete = events_from(tool_use("c1", command="exit 3"), result)

    assert isinstance(complete, ToolCallComplete)
    assert (complete.status, complete.result) == (status, output)


def test_calls_of_one_answer_belong_to_one_iteration() -> None:
    events = events_from(
        message("Both."),
        tool_use("c1"),
        tool_use("c2"),
        tool_result("c1"),
        tool_result("c2"),
        tool_use("c3"),
        tool_result("c3"),
        message("Done."),
    )

    starts = [event.iteration for event in events if isinstance(event, IterationStart)]
    assert starts == [1, 2, 3]


def test_its_todos_are_a_plan() -> None:
    todos = [{"description": "look", "status": "in_progress"}, {"description": "write"}]

    assert PlanCreated(
        goal="",
        phases=(
            Phase(id="1", name="look", status="in_progress"),
            Phase(id="2", name="write", status="pending"),
        ),
    ) in events_from(tool_use("c1", todos=todos))


def test_the_usage_is_reported_by_model() -> None:
    models = {
        "pro": {"input_tokens": 10, "output_tokens": 2, "cached": 4},
        "flash": {"input_tokens": 5, "output_tokens": 1, "cached": 0},
    }

    assert events_from({"type": "result", "status": "success", "stats": {"models": models}}) == [
        TokenUsage(
            model="pro", input_tokens=10, output_tokens=2, total_tokens=12, cached_input_tokens=4
        ),
        TokenUsage(
            model="flash", input_tokens=5, output_tokens=1, total_tokens=18, cached_input_tokens=0
        ),
    ]


def test_reasoning_tokens_count_as_output() -> None:
    """Its output tokens are those of the answer alone; its total has those of the thoughts."""
    stats = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 17}

    assert events_from(
        {"type": "result", "status": "success", "stats": {"models": {"pro": stats}}}
    ) == [
        TokenUsage(
            model="pro", input_tokens=10, output_tokens=7, total_tokens=17, reasoning_tokens=5
        )
    ]


def test_usage_without_models_counts_for_the_initial_model() -> None:
    assert events_from(
        {"type": "init", "session_id": "s-1", "model": "pro"},
        {"type": "result", "status": "success", "stats": {"input_tokens": 1, "output_tokens": 2}},
    ) == [TokenUsage(model="pro", input_tokens=1, output_tokens=2, total_tokens=3)]


def test_errors_during_a_run_are_reported() -> None:
    assert events_from(
        {"type": "error", "severity": "warning", "message": "Loop detected"},
        {"type": "error", "severity": "error", "message": "Maximum session turns exceeded"},
    ) == [
        Error(message="Loop detected", phase="agent", recoverable=True),
        Error(message="Maximum session turns exceeded", phase="agent", recoverable=False),
    ]


def test_the_last_message_is_the_answer() -> None:
    parser = new_parser("gemini")

    events_of(parser, message("First."), tool_use("c1"), tool_result("c1"), message("Last."))
    events_of(parser, {"type": "result", "status": "success"})

    assert parser.outcome == Completed(final_answer="Last.", total_iterations=2)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            {"error": {"type": "FatalTurnLimitedError", "message": "Too many turns"}},
            Failed(error="Too many turns", reason="agent_error"),
        ),
        (
            {"error": {"type": "unknown", "message": "[API Error: quota]"}},
            Failed(error="API Error: quota", reason="model_error"),
        ),
        (
            {
                "error": {
                    "type": "unknown",
                    "message": '[API Error: {"error":{"code":429,"message":"too many",'
                    '"status":"RESOURCE_EXHAUSTED"}}]',
                }
            },
            Failed(error="API Error: 429 too many", reason="model_error"),
        ),
        (
            {"error": {"message": '[API Error: 401 {"error":{"code":401,"message":"no key"}}]'}},
            Failed(error="API Error: 401 no key", reason="model_error"),
        ),
        (
            {"error": {"message": '[API Error: {"error":{"code":null,"message":"no key"}}]'}},
            Failed(error="API Error: no key", reason="model_error"),
        ),
        ({}, Failed(error="the agent reported an error", reason="agent_error")),
    ],
)
def test_a_result_that_is_an_error_is_a_failure(error: dict[str, object], outcome: Failed) -> None:
    parser = new_parser("gemini")

    events_of(parser, {"type": "result", "status": "error", **error})

    assert parser.outcome == outcome


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"type": "tool_use", "tool_name": "shell"}, "type tool_use"),
        ({"type": "message", "role": "assistant", "content": 7}, "type message"),
        ({"type": "result"}, "type result"),
        ({"type": "init"}, "type init"),
        (tool_result("c9"), "a result of no open tool call"),
    ],
)
def test_an_unknown_line_is_kept_as_raw(line: dict[str, object], what: str) -> None:
    assert events_from(line) == [
        Raw(source="gemini", line=json.dumps(line)),
        SchemaDrift(source="gemini", what=what),
    ]
