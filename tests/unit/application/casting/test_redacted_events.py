"""Events are masked in all their texts, and text that comes in deltas as one text."""

from application.casting.redacted_events import RedactedEvents
from domain.events import AgentEvent
from domain.process_events import Log
from domain.redaction import Redactor
from domain.task_events import TaskFailed
from domain.thinking_events import Message, MessageDelta
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream

SECRET = "top-secret"


def test_arguments_are_masked_at_any_depth() -> None:
    call = ToolCallStart(
        call_id="c", tool_name="t", arguments={"a": [{SECRET: 1}, f"x {SECRET}", 2], "b": None}
    )

    assert masked(call) == [
        ToolCallStart(
            call_id="c",
            tool_name="t",
            arguments={"a": [{"[redacted]": 1}, "x [redacted]", 2], "b": None},
        )
    ]


def test_an_event_without_secrets_is_unchanged() -> None:
    message = Message(message_id="m", role="assistant", content="nothing")

    (shown,) = RedactedEvents(Redactor([SECRET])).of(message)

    assert shown is message


def test_words_that_are_chosen_from_a_few_stay() -> None:
    failed = TaskFailed(error="it was agent_error", reason="agent_error", duration_ms=1)

    assert masked(failed, secret="agent_error") == [
        TaskFailed(error="it was [redacted]", reason="agent_error", duration_ms=1)
    ]


def test_a_line_is_masked_as_it_came_and_as_text() -> None:
    log = Log(line="top-\x1b[1msecret!", line_num=1, stream="pty", text="top-secret!")

    assert masked(log) == [Log(line="[redacted]!", line_num=1, stream="pty", text="[redacted]!")]


def test_a_secret_that_comes_in_pieces_is_masked() -> None:
    pieces = [MessageDelta(message_id="m", text=text) for text in ("a to", "p-sec", "ret b t")]
    whole = Message(message_id="m", role="assistant", content="a top-secret b t")

    assert masked(*pieces, whole) == [
        MessageDelta(message_id="m", text="a "),
        MessageDelta(message_id="m", text="[redacted] b "),
        MessageDelta(message_id="m", text="t"),
        Message(message_id="m", role="assistant", content="a [redacted] b t"),
    ]


def test_pieces_of_one_text_are_not_joined_with_those_of_another() -> None:
    pieces = [
        ToolCallStream(call_id="c", stream="stdout", chunk="top-"),
        ToolCallStream(call_id="c", stream="stderr", chunk="secret!"),
    ]
    end = ToolCallComplete(call_id="c", tool_name="t", status="ok", result="", duration_ms=1)

    assert masked(*pieces, end) == [pieces[1], pieces[0], end]


def masked(*events: AgentEvent, secret: str = SECRET) -> list[AgentEvent]:
    redacted = RedactedEvents(Redactor([secret]))
    return [shown for event in events for shown in redacted.of(event)]
