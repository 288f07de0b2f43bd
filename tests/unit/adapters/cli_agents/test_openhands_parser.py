import json

import pytest

from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift
from domain.thinking_events import IterationStart, ThinkComplete
from domain.tool_events import ToolCallComplete, ToolStatus
from ports.runner import Completed, Failed
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

NAME = "0123456789abcdef0123456789abcdef"


def action(call_id: str, tool: str = "terminal", **arguments: object) -> dict[str, object]:
    return {
        "kind": "ActionEvent",
        "source": "agent",
        "id": f"of-{call_id}",
        "thought": [],
        "reasoning_content": "Hm.",
        "tool_name": tool,
        "tool_call_id": call_id,
        "tool_call": {"arguments": json.dumps(arguments)},
    }


def observed(call_id: str, **seen: object) -> dict[str, object]:
    content = [{"type": "text", "text": "out"}]
    observation = {"content": content, "is_error": False, **seen}
    return {"kind": "ObservationEvent", "tool_call_id": call_id, "observation": observation}


def parsed(*lines: object) -> list[AgentEvent]:
    return events_of(new_parser("openhands"), *lines)


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        (observed("c1", exit_code=0), "ok", None),
        (observed("c1"), "ok", None),
        (observed("c1", exit_code=2), "error", "exit code 2"),
        (observed("c1", is_error=True), "error", None),
        ({"kind": "AgentErrorEvent", "tool_call_id": "c1", "error": "no"}, "error", "no"),
        ({"kind": "UserRejectObservation", "tool_call_id": "c1"}, "denied", None),
    ],
)
def test_a_tool_call_has_the_reported_status(
    line: object, status: ToolStatus, error: str | None
) -> None:
    (complete,) = [e for e in parsed(action("c1"), line) if isinstance(e, ToolCallComplete)]

    assert (complete.status, complete.error) == (status, error)


def test_calls_of_one_answer_belong_to_one_iteration() -> None:
    events = parsed(
        action("c1"), action("c2"), observed("c1"), observed("c2"), action("c3"), observed("c3")
    )

    starts = [event.iteration for event in events if isinstance(event, IterationStart)]
    assert starts == [1, 2]
    assert sum(isinstance(event, ThinkComplete) for event in events) == 3


def test_the_message_of_its_finish_call_is_the_answer() -> None:
    parser = new_parser("openhands")

    events_of(parser, action("c1", "finish", message="Done."), observed("c1"))

    assert parser.outcome == Completed(final_answer="Done.", total_iterations=1)


@pytest.mark.parametrize(
    ("code", "detail", "failure"),
    [
        (
            "BadRequestError",
            "litellm.BadRequestError: the model says 400",
            Failed(error="BadRequestError: the model says 400", reason="model_error"),
        ),
        (
            "LLMTimeoutError",
            "no answer",
            Failed(error="no answer", reason="model_error"),
        ),
        (
            "MaxIterationsReached",
            "Agent reached maximum iterations limit (500).",
            Failed(error="Agent reached maximum iterations limit (500).", reason="agent_error"),
        ),
    ],
)
def test_an_error_of_the_conversation_is_a_failure(
    code: str, detail: str, failure: Failed
) -> None:
    parser = new_parser("openhands")

    events_of(parser, {"kind": "ConversationErrorEvent", "code": code, "detail": detail})

    assert parser.outcome == failure


@pytest.mark.parametrize(
    ("line", "thread"),
    [
        (f"Conversation ID: {NAME}", AgentThread(id=NAME)),
        (f"\x1b[1mConversation ID:\x1b[0m {NAME}\r", AgentThread(id=NAME)),
        (f"│ Conversation ID: {NAME} │", None),
        ("Conversation ID: none", None),
    ],
)
def test_its_conversation_id_is_read_from_a_line_of_text(
    line: str, thread: AgentThread | None
) -> None:
    parser = new_parser("openhands")

    assert parser.parse(line) == ([] if thread else None)
    assert parser.thread == thread


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"kind": "DreamEvent"}, "kind DreamEvent"),
        ({"kind": "ActionEvent", "id": "a", "tool_call_id": "c"}, "action without a tool"),
        ({"mood": "good"}, "no kind"),
    ],
)
def test_an_unknown_line_is_kept_as_raw(line: dict[str, object], what: str) -> None:
    kept = [event for event in parsed(line) if isinstance(event, Raw | SchemaDrift)]

    assert kept == [
        Raw(source="openhands", line=json.dumps(line)),
        SchemaDrift(source="openhands", what=what),
    ]
