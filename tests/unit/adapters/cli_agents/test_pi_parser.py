import json

import pytest

from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift
from domain.task_events import Error, FailureReason, Progress
from domain.thinking_events import MessageDelta, TokenUsage
from domain.tool_events import ToolCallStream
from ports.runner import Completed, Failed
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

TURN = {"type": "turn_start"}
END = {"type": "agent_end", "messages": []}
RETRY = {"type": "auto_retry_start", "attempt": 1, "maxAttempts": 3, "errorMessage": "429 slow"}


def answer(words: str, stop: str = "stop", **fields: object) -> dict[str, object]:
    content = [{"type": "text", "text": words}] if words else []
    message = {"role": "assistant", "content": content, "stopReason": stop, **fields}
    return {"type": "message_end", "message": message}


def parsed(*lines: object) -> list[AgentEvent]:
    return events_of(new_parser("pi"), *lines)


def test_an_answer_after_a_retry_completes_the_run() -> None:
    parser = new_parser("pi")

    refused = answer("", "error", errorMessage="429 slow")
    events = events_of(parser, TURN, refused, END, RETRY, TURN, answer("Done."), END)

    assert Error(message="429 slow: try 1 of 3 follows", phase="model", recoverable=True) in events
    assert parser.outcome == Completed(final_answer="Done.", total_iterations=2)


@pytest.mark.parametrize(
    ("stop", "reason"), [("error", "model_error"), ("aborted", "agent_error")]
)
def test_an_aborted_last_answer_is_a_failure(stop: str, reason: FailureReason) -> None:
    parser = new_parser("pi")

    events_of(parser, TURN, answer("", stop, errorMessage="401 the key is no good"), END)

    assert parser.outcome == Failed(error="401 the key is no good", reason=reason)


@pytest.mark.parametrize(("total", "cost_usd"), [(0.25, 0.25), (0, None)])
def test_cached_tokens_count_as_input_and_a_cost_of_zero_is_unknown(
    total: float, cost_usd: float | None
) -> None:
    used = {"input": 5, "output": 2, "cacheRead": 3, "cacheWrite": 1, "cost": {"total": total}}

    assert parsed(answer("", usage=used, model="m")) == [
        TokenUsage(
            model="m",
            input_tokens=9,
            output_tokens=2,
            cached_input_tokens=3,
            cost_usd=cost_usd,
            total_tokens=11,
            total_cost_usd=cost_usd,
        )
    ]


def test_the_output_of_a_tool_is_streamed_as_it_grows() -> None:
    def so_far(text: str) -> dict[str, object]:
        partial = {"content": [{"type": "text", "text": text}]}
        return {"type": "tool_execution_update", "toolCallId": "c1", "partialResult": partial}

    events = parsed(
        {"type": "tool_execution_start", "toolCallId": "c1", "toolName": "bash", "args": {}},
        so_far("one\n"),
        so_far("one\ntwo\n"),
    )

    chunks = [event.chunk for event in events if isinstance(event, ToolCallStream)]
    assert chunks == ["one\n", "two\n"]


def test_a_delta_is_parsed_without_the_message_that_it_repeats() -> None:
    parser = new_parser("pi")
    piece = '{"type":"text_delta","contentIndex":1,"delta":"\\"a\\" \\\\","partial":{'
    line = '{"type":"message_update","assistantMessageEvent":' + piece

    nothing_else = parser.parse(line + "this is not looked into}")
    in_full = parser.parse(line + '}},"message":{}}')

    assert nothing_else == [MessageDelta(message_id="message-1.1", text='"a" \\')]
    assert in_full == nothing_else


def test_a_compaction_is_reported_once_it_has_ended() -> None:
    end = {"type": "compaction_end", "reason": "threshold"}

    assert parsed(
        {"type": "compaction_start"}, {**end, "aborted": False}, {**end, "aborted": True}
    ) == [Progress(message="the agent has shortened its conversation")]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"type": "session"}, "type session"),
        ({"type": "tool_execution_start"}, "type tool_execution_start"),
        ({"type": "message_update", "assistantMessageEvent": {"type": "hum"}}, "piece hum"),
    ],
)
def test_an_unknown_line_is_kept_as_raw(line: dict[str, object], what: str) -> None:
    assert parsed(line) == [
        Raw(source="pi", line=json.dumps(line)),
        SchemaDrift(source="pi", what=what),
    ]
