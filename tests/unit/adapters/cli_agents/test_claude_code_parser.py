import json

import pytest

from domain.agent_thread import AgentThread
from domain.process_events import Raw, SchemaDrift
from domain.task_events import Error, Progress
from domain.thinking_events import IterationStart, Message, MessageDelta, ThinkComplete, ThinkDelta
from ports.runner import Completed, Failed, Outcome
from tests.unit.adapters.cli_agents.claude_lines import (
    Line,
    assistant,
    piece,
    pieces,
    result,
    text,
    tool_use,
)
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

FIRST = IterationStart(iteration=1, max_iterations=0)


def test_a_subagent_s_message_is_no_iteration_and_does_not_split_the_one_around_it() -> None:
    events = events_of(
        new_parser("claude-code"),
        assistant(tool_use("task", "Task", {})),
        assistant(text("Looking."), message_id="m2", parent="task"),
        assistant(text("Meanwhile.")),
    )

    assert [event for event in events if isinstance(event, IterationStart)] == [FIRST]


def test_reasoning_is_reported_in_deltas_and_complete() -> None:
    deltas = [
        {"type": "thinking_delta", "thinking": "A file "},
        {"type": "thinking_delta", "thinking": "is needed."},
        {"type": "signature_delta", "signature": "xyz"},
    ]

    assert events_of(
        new_parser("claude-code"),
        *pieces("m1", ("thinking", deltas), usage={}),
        assistant({"type": "thinking", "thinking": "A file is needed.", "signature": "xyz"}),
    ) == [
        FIRST,
        ThinkDelta(iteration=1, text="A file "),
        ThinkDelta(iteration=1, text="is needed."),
        ThinkComplete(
            iteration=1,
            content="A file is needed.",
            reasoning="A file is needed.",
            tool_call_count=0,
        ),
    ]


def test_two_texts_of_one_message_are_two_messages_each_with_its_own_deltas() -> None:
    deltas = [("text", [{"type": "text_delta", "text": words}]) for words in ("One.", "Two.")]

    assert events_of(
        new_parser("claude-code"),
        *pieces("m1", *deltas, usage={}),
        assistant(text("One.")),
        assistant(text("Two.")),
    ) == [
        FIRST,
        MessageDelta(message_id="m1", text="One."),
        MessageDelta(message_id="m1.1", text="Two."),
        Message(message_id="m1", role="assistant", content="One."),
        Message(message_id="m1.1", role="assistant", content="Two."),
    ]


def test_an_unknown_block_leaves_the_known_ones_of_its_line() -> None:
    line = assistant(text("One."), {"type": "hologram"}, text("Two."))

    assert events_of(new_parser("claude-code"), line) == [
        FIRST,
        Message(message_id="m1", role="assistant", content="One."),
        Message(message_id="m1.1", role="assistant", content="Two."),
        Raw(source="claude-code", line=_line(line)),
        SchemaDrift(source="claude-code", what="content hologram"),
    ]


def test_retries_limits_and_compaction_are_reported() -> None:
    assert events_of(
        new_parser("claude-code"),
        {"type": "system", "subtype": "status", "status": "requesting"},
        {"type": "system", "subtype": "compact_boundary"},
        {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed_warning"}},
        {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected"}},
        {"type": "keep_alive"},
        piece({"type": "ping"}),
        piece({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    ) == [
        Progress(message="the agent has shortened its conversation"),
        Error(message="the limit of calls is reached", phase="model", recoverable=True),
        Error(message="Overloaded", phase="model", recoverable=True),
    ]


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, Completed(final_answer="Done.")),
        (
            {"subtype": "error_max_turns", "result": None},
            Failed(error="the agent reached its limit of turns", reason="agent_error"),
        ),
        (
            {"subtype": "error_during_execution", "is_error": True, "result": "", "errors": ["E"]},
            Failed(error="E", reason="agent_error"),
        ),
        (
            {"subtype": "error_of_the_future", "is_error": True, "result": None},
            Failed(error="the agent ended with error_of_the_future", reason="agent_error"),
        ),
        (
            {
                "is_error": True,
                "api_error_status": 400,
                "result": 'API Error: 400 {"error":{"message":"too long"}}',
            },
            Failed(error="API Error: 400 too long", reason="model_error"),
        ),
    ],
)
def test_the_result_line_is_the_outcome(fields: dict[str, object], outcome: Outcome) -> None:
    parser = new_parser("claude-code")

    events_of(parser, result(**fields))

    assert parser.outcome == outcome


def test_a_turn_that_begins_after_a_result_has_not_ended() -> None:
    parser = new_parser("claude-code")

    events_of(parser, result(), {"type": "system", "subtype": "init", "session_id": "s-2"})

    assert (parser.outcome, parser.thread) == (None, AgentThread(id="s-2"))


@pytest.mark.parametrize("name", ["--dangerous", "", "a b", "a\nb", "x" * 300, 7, None])
def test_a_session_id_unsafe_on_a_command_line_is_no_thread(name: object) -> None:
    parser = new_parser("claude-code")

    events_of(parser, {"type": "system", "subtype": "init", "session_id": name})

    assert parser.thread is None


def _line(line: Line) -> str:
    return json.dumps(line)


def test_thinking_token_counts_are_ignored() -> None:
    line = {"type": "system", "subtype": "thinking_tokens", "estimated_tokens": 5}

    assert events_of(new_parser("claude-code"), line) == []


def test_an_image_in_a_message_is_replaced_by_a_placeholder() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 16_000}

    events = events_of(new_parser("claude-code"), assistant({"type": "image", "source": source}))

    assert [event.content for event in events if isinstance(event, Message)] == [
        "[image/png, 12 kB, left out]"
    ]
