import json

import pytest

from domain.process_events import Raw, SchemaDrift
from domain.thinking_events import IterationStart, Message, ThinkComplete
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from tests.fakes import FakeClock
from tests.unit.adapters.cli_agents.claude_lines import (
    Line,
    assistant,
    text,
    tool_result,
    tool_use,
)
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

FIRST = IterationStart(iteration=1, max_iterations=0)

SOURCE = {"type": "base64", "media_type": "image/png", "data": "A" * 16_000}


def of_tools(*lines: Line) -> list[object]:
    events = events_of(new_parser("claude-code"), *lines)
    tools = ToolCallStart | ToolCallStream | ToolCallComplete
    return [event for event in events if isinstance(event, tools)]


def test_a_tool_call_takes_as_long_as_its_result_is_awaited() -> None:
    clock = FakeClock()
    parser = new_parser("claude-code", clock)

    events_of_start = parser.parse(_line(assistant(tool_use("c1", "Read", {"path": "a"}))))
    clock.advance(1.5)
    events_of_result = parser.parse(_line(tool_result("c1", "text")))

    assert [*(events_of_start or ()), *(events_of_result or ())] == [
        FIRST,
        ToolCallStart(call_id="c1", tool_name="Read", arguments={"path": "a"}),
        ToolCallComplete(
            call_id="c1", tool_name="Read", status="ok", result="text", duration_ms=1500
        ),
    ]


def test_messages_and_calls_of_a_subagent_name_its_parent_call() -> None:
    events = events_of(
        new_parser("claude-code"),
        assistant(tool_use("task", "Task", {"prompt": "look"})),
        assistant({"type": "thinking", "thinking": "A folder."}, message_id="m2", parent="task"),
        assistant(text("Looking."), message_id="m2", parent="task"),
        assistant(tool_use("ls", "Bash", {"command": "ls"}), message_id="m2", parent="task"),
        tool_result("ls", "a.txt", parent="task"),
        tool_result("task", [text("One file."), {"type": "image", "source": SOURCE}]),
    )

    assert [event for event in events if not isinstance(event, IterationStart)] == [
        ToolCallStart(call_id="task", tool_name="Task", arguments={"prompt": "look"}),
        ThinkComplete(
            iteration=1,
            content="A folder.",
            reasoning="A folder.",
            tool_call_count=0,
            parent_call_id="task",
        ),
        Message(message_id="m2", role="assistant", content="Looking.", parent_call_id="task"),
        ToolCallStart(
            call_id="ls",
            tool_name="Bash",
            arguments={"command": "ls"},
            parent_call_id="task",
        ),
        ToolCallComplete(
            call_id="ls", tool_name="Bash", status="ok", result="a.txt", duration_ms=0
        ),
        ToolCallComplete(
            call_id="task",
            tool_name="Task",
            status="ok",
            result="One file.\n[image/png, 12 kB, left out]",
            duration_ms=0,
        ),
    ]


@pytest.mark.parametrize(
    "refusal",
    [
        "Claude requested permissions to use Bash, but you haven't granted it yet.",
        "Permission to use Bash with command rm has been denied.",
        "The user doesn't want to proceed with this tool use. The tool use was rejected.",
    ],
)
def test_a_refused_tool_call_is_denied(refusal: str) -> None:
    events = of_tools(
        assistant(tool_use("c1", "Bash", {})), tool_result("c1", refusal, is_error=True)
    )

    assert events[-1] == ToolCallComplete(
        call_id="c1", tool_name="Bash", status="denied", result=refusal, duration_ms=0
    )


def test_a_tool_call_with_a_permission_denied_record_is_denied_whatever_its_result() -> None:
    events = of_tools(
        assistant(tool_use("c1", "Bash", {})),
        {"type": "system", "subtype": "permission_denied", "tool_use_id": "c1"},
        tool_result("c1", "No.", is_error=True),
    )

    assert events[-1] == ToolCallComplete(
        call_id="c1", tool_name="Bash", status="denied", result="No.", duration_ms=0
    )


def test_a_failed_tool_call_is_an_error() -> None:
    events = of_tools(
        assistant(tool_use("c1", "Bash", {})), tool_result("c1", "Exit code 3", is_error=True)
    )

    assert events[-1] == ToolCallComplete(
        call_id="c1", tool_name="Bash", status="error", result="Exit code 3", duration_ms=0
    )


def test_a_result_of_no_call_is_kept_as_it_came() -> None:
    line = tool_result("c9", "text")

    assert events_of(new_parser("claude-code"), line) == [
        Raw(source="claude-code", line=_line(line)),
        SchemaDrift(source="claude-code", what="a result of no open tool call"),
    ]


def _line(line: Line) -> str:
    return json.dumps(line)
