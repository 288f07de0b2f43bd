"""Parses the JSON lines of `pi --mode json`."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.json_lines_parser import (
    JsonLinesParser,
    JsonObject,
    json_object,
    named_thread,
    unknown_type,
)
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.cli_agents.token_counter import added, usage
from adapters.system.schema_drift import Read, UnknownShape
from domain.events import AgentEvent
from domain.task_events import Error, Progress
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta
from domain.usage import Usage
from ports.clock import Clock
from ports.runner import Failed, Outcome

SOURCE = "pi"

_IGNORED = frozenset(
    {
        "agent_start",
        "turn_end",
        "message_start",
        "queue_update",
        "session_info_changed",
        "thinking_level_changed",
        "compaction_start",
        "auto_retry_end",
    }
)
_REPEATED_LATER = frozenset(
    {
        "start",
        "text_start",
        "text_end",
        "thinking_start",
        "thinking_end",
        "toolcall_start",
        "toolcall_delta",
        "toolcall_end",
        "done",
        "error",
    }
)

# Each delta repeats the whole message so far, twice, so that part is not parsed.
_DELTA = re.compile(
    r'\{"type":"message_update","assistantMessageEvent":'
    r'(\{"type":"\w{1,40}","contentIndex":\d{1,9},"delta":"(?:[^"\\]|\\.)*"),"partial":\{'
)


class PiParser(JsonLinesParser):
    def __init__(self, clock: Clock) -> None:
        super().__init__(SOURCE, clock)
        self._messages = 1
        self._answer_outcome: Outcome | None = None

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        delta = _DELTA.match(line)
        if delta and line.endswith("}") and (event := json_object(delta[1] + "}")):
            return self._drift.events(line, self._delta(event))
        return super().parse(line)

    def _read(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"type": "session", "id": str(thread)}:
                self._thread = named_thread(thread)
            case {"type": "turn_start"}:
                self._answer_outcome = self._outcome = None
                yield from self._iterations.begin()
            case {"type": "agent_end"}:
                self._outcome = self._answer_outcome
            case {"type": "message_update", "assistantMessageEvent": dict(event)}:
                yield from self._delta(event)
            case {"type": "message_end", "message": dict(message)}:
                if message.get("role") == "assistant":
                    yield from self._answer(message)
            case {"type": str(kind)} if kind.startswith("tool_execution_"):
                yield from self._tool(record, kind)
            case {"type": "auto_retry_start"}:
                yield Error(message=_retry(record), phase="model", recoverable=True)
            case {"type": "compaction_end", "aborted": False}:
                yield Progress(message="the agent has shortened its conversation")
            case {"type": str(kind)} if kind in _IGNORED or kind == "compaction_end":
                return
            case _:
                yield unknown_type(record)

    def _delta(self, event: JsonObject) -> Iterator[Read]:
        match event:
            case {"type": "text_delta", "contentIndex": int(index), "delta": str(text)}:
                yield MessageDelta(message_id=self._message_id(index), text=text)
            case {"type": "thinking_delta", "delta": str(text)}:
                yield ThinkDelta(iteration=self._iterations.current, text=text)
            case {"type": str(kind)} if kind in _REPEATED_LATER:
                return
            case _:
                yield UnknownShape(f"piece {event.get('type')}")

    def _answer(self, message: JsonObject) -> Iterator[Read]:
        """A complete message, with its usage and the reason of its end."""
        content = message.get("content")
        blocks = content if isinstance(content, list) else []
        calls = sum(
            isinstance(block, dict) and block.get("type") == "toolCall" for block in blocks
        )
        answer = ""
        for index, block in enumerate(blocks):
            match block:
                case {"type": "text", "text": str(text)}:
                    answer = text
                    if text:
                        id_ = self._message_id(index)
                        yield Message(message_id=id_, role="assistant", content=text)
                case {"type": "thinking", "thinking": str(thought)}:
                    yield ThinkComplete(
                        iteration=self._iterations.current,
                        content=thought,
                        reasoning=thought,
                        tool_call_count=calls,
                    )
                case {"type": "toolCall"}:
                    continue  # reported when its execution starts
                case _:
                    yield UnknownShape("content of another kind")
        self._messages += 1
        yield from self._tokens.add(_model(message), _usage(message.get("usage")))
        self._answer_outcome = self._ended(message, answer)

    def _ended(self, message: JsonObject, answer: str) -> Outcome | None:
        match message:
            case {"stopReason": "toolUse"}:
                return None
            case {"stopReason": "error" | "aborted" as stop}:
                reason = message.get("errorMessage")
                error = readable_error(reason if isinstance(reason, str) else "")
                return Failed(
                    error=error, reason="model_error" if stop == "error" else "agent_error"
                )
            case _:
                return self._completed(answer)

    def _tool(self, record: JsonObject, kind: str) -> Iterator[Read]:
        match record:
            case {
                "type": "tool_execution_start",
                "toolCallId": str(call_id),
                "toolName": str(name),
            }:
                args = record.get("args")
                arguments = args if isinstance(args, dict) else {"args": args}
                yield from self._calls.start(call_id, tool_name=name, arguments=arguments)
            case {"type": "tool_execution_update", "toolCallId": str(call_id)}:
                output = _output(record.get("partialResult"))
                yield from self._calls.stream(call_id, output=output)
            case {"type": "tool_execution_end", "toolCallId": str(call_id)}:
                yield from self._calls.complete(
                    call_id,
                    status="error" if record.get("isError") is True else "ok",
                    result=_output(record.get("result")),
                )
            case _:
                yield UnknownShape(f"type {kind}")

    def _message_id(self, index: int) -> str:
        return f"message-{self._messages}.{index}"


def _output(result: object) -> str:
    return result_text(result.get("content")) if isinstance(result, dict) else result_text(result)


def _model(message: JsonObject) -> str:
    for name in (message.get("responseModel"), message.get("model")):
        if isinstance(name, str) and name:
            return name
    return "unknown"


def _usage(used: object) -> Usage:
    """Its input excludes cached tokens; a cost of 0 means that the model has no price."""
    sums = used if isinstance(used, dict) else {}
    cost = sums.get("cost")
    total = cost.get("total") if isinstance(cost, dict) else None
    cached, written = sums.get("cacheRead"), sums.get("cacheWrite")
    return usage(
        input_tokens=added(sums.get("input"), cached, written),
        output_tokens=sums.get("output"),
        cached=cached,
        cost_usd=total or None,
    )


def _retry(record: JsonObject) -> str:
    match record:
        case {"attempt": int(attempt), "maxAttempts": int(most), "errorMessage": str(message)}:
            return f"{readable_error(message)}: try {attempt} of {most} follows"
        case _:
            return "the model is asked again"
