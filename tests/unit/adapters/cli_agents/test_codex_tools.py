import pytest

from domain.events import AgentEvent
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream, ToolStatus
from tests.fakes import FakeClock
from tests.unit.adapters.cli_agents.codex_lines import FIRST, events_from, item
from tests.unit.adapters.cli_agents.transcript import new_parser


def call(**fields: object) -> list[AgentEvent]:
    """The events of a command that has ended like this."""
    started = item("started", "command_execution", command="make", aggregated_output="")
    return events_from(started, item("completed", "command_execution", command="make", **fields))[
        1:
    ]


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"status": "completed", "exit_code": 0}, "ok", None),
        ({"status": "failed", "exit_code": 3}, "error", "exit code 3"),
        ({"status": "completed", "exit_code": 3}, "error", "exit code 3"),
        ({"status": "declined", "exit_code": None}, "denied", None),
        ({"status": "in_progress", "exit_code": None}, "outcome_unknown", None),
    ],
)
def test_a_command_has_the_reported_status(
    fields: dict[str, object], status: ToolStatus, error: str | None
) -> None:
    assert call(aggregated_output="out\n", **fields) == [
        ToolCallStart(call_id="i1", tool_name="command_execution", arguments={"command": "make"}),
        ToolCallComplete(
            call_id="i1",
            tool_name="command_execution",
            status=status,
            result="out\n",
            error=error,
            duration_ms=0,
        ),
    ]


def test_a_command_takes_as_long_as_it_runs() -> None:
    clock = FakeClock()
    parser = new_parser("codex", clock)

    parser.parse('{"type":"item.started","item":{"id":"1","type":"web_search","query":"q"}}')
    clock.advance(0.25)
    parser.parse('{"type":"keep.going"}')
    events = parser.parse(
        '{"type":"item.completed","item":{"id":"1","type":"web_search","query":"q"}}'
    )

    assert events == [
        ToolCallComplete(
            call_id="1", tool_name="web_search", status="ok", result="", duration_ms=250
        )
    ]


def test_growing_output_is_streamed_by_its_new_part() -> None:
    grown = [
        item("updated", "command_execution", command="make", aggregated_output=output)
        for output in ("a\n", "a\nb\n", "a\nb\n")
    ]

    assert events_from(*grown)[2:4] == [
        ToolCallStream(call_id="i1", stream="stdout", chunk="a\n"),
        ToolCallStream(call_id="i1", stream="stdout", chunk="b\n"),
    ]


def test_file_changes_are_a_call_although_only_the_end_is_reported() -> None:
    changes = [{"path": "a.py", "kind": "add"}, {"path": "b.py", "kind": "delete"}]

    assert events_from(item("completed", "file_change", changes=changes, status="completed")) == [
        FIRST,
        ToolCallStart(call_id="i1", tool_name="file_change", arguments={"changes": changes}),
        ToolCallComplete(
            call_id="i1",
            tool_name="file_change",
            status="ok",
            result="add a.py\ndelete b.py",
            duration_ms=0,
        ),
    ]


def test_a_tool_of_another_server_has_the_name_of_both() -> None:
    fields = {"server": "docs", "tool": "find", "arguments": {"q": "x"}}
    failed = {"status": "failed", "error": {"message": "no index"}, "result": None}

    assert events_from(
        item("started", "mcp_tool_call", **fields, status="in_progress"),
        item("completed", "mcp_tool_call", **fields, **failed),
    ) == [
        FIRST,
        ToolCallStart(call_id="i1", tool_name="docs.find", arguments={"q": "x"}),
        ToolCallComplete(
            call_id="i1",
            tool_name="docs.find",
            status="error",
            result="",
            error="no index",
            duration_ms=0,
        ),
    ]


def test_the_result_of_a_tool_of_another_server_is_its_text() -> None:
    result = {"content": [{"type": "text", "text": "found"}], "structured_content": None}

    events = events_from(
        item("completed", "mcp_tool_call", server="docs", tool="find", result=result, error=None)
    )

    assert events[-1] == ToolCallComplete(
        call_id="i1", tool_name="docs.find", status="ok", result="found", duration_ms=0
    )
