"""Parses the `stream-json` output of Qwen Code, which resembles that of Claude Code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapters.cli_agents.claude_content import ClaudeContent
from adapters.cli_agents.claude_messages import ClaudeMessages, later_usage
from adapters.cli_agents.json_lines_parser import (
    JsonLinesParser,
    JsonObject,
    blocks_of,
    unknown_type,
)
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.cli_agents.token_counter import added, usage
from adapters.system.schema_drift import Read, UnknownShape
from domain.agent_thread import AgentThread, thread_name
from domain.usage import Usage
from ports.clock import Clock
from ports.runner import Failed

SOURCE = "qwen"

# Matched from the start only: searching takes quadratic time.
_REFUSAL = re.compile(r"\[(API Error: .*)\](\n.*)?", re.DOTALL)


class QwenParser(JsonLinesParser):
    """An answer takes one line for each kind of content, each line with an id of its own. An error
    of the model's server is reported as an answer, and the result as a success.
    """

    def __init__(self, clock: Clock, *, thread: AgentThread | None = None) -> None:
        super().__init__(SOURCE, clock)
        self._messages = ClaudeMessages(iterations=self._iterations, tokens=self._tokens)
        self._content = ClaudeContent(calls=self._calls, iterations=self._iterations)
        self._is_streaming = False
        self._refusal: str | None = None
        self._resumed = thread
        self._model = "unknown"

    def _read(self, record: JsonObject) -> Iterator[Read]:
        parent = record.get("parent_tool_use_id")
        match record:
            case {"type": "system", "subtype": "init"}:
                self._begin(record)
            case {"type": "stream_event", "event": dict(event)}:
                if parent is None:
                    yield from self._stream_event(event)
            case {"type": "assistant", "message": dict(message)}:
                yield from self._answer(message, parent if isinstance(parent, str) else None)
            case {"type": "user", "message": {"content": list(content)}}:
                yield from self._content.user_blocks(blocks_of(content))
            case {"type": "user", "message": {"content": str()}}:
                return
            case {"type": "result", "is_error": bool(is_error)}:
                self._result(record, is_error=is_error)
                yield from self._count(record.get("usage"))
            case {"type": "system", "subtype": str(subtype)}:
                yield UnknownShape(f"system {subtype}")
            case _:
                yield unknown_type(record)

    def _begin(self, record: JsonObject) -> None:
        self._outcome, self._refusal = None, None
        resumed, name = self._resumed, thread_name(record.get("session_id"))
        if name is not None:
            self._thread = resumed if resumed and resumed.id == name else AgentThread(id=name)
        if isinstance(model := record.get("model"), str):
            self._model = model

    def _count(self, used: object) -> Iterator[Read]:
        """The total of the conversation so far, also of earlier tasks; it includes calls of the
        model that no line reports.
        """
        if not isinstance(used, dict):
            return
        total = usage(
            input_tokens=used.get("input_tokens"),
            output_tokens=used.get("output_tokens"),
            cached=used.get("cache_read_input_tokens"),
        )
        before = (self._thread and self._thread.usage) or Usage()
        if total.total_tokens >= before.total_tokens:
            yield from self._tokens.raise_to({self._model: total.minus(before)})
        if self._thread is not None:
            self._thread = replace(self._thread, usage=total)

    def _stream_event(self, event: JsonObject) -> Iterator[Read]:
        yield from self._messages.stream_event(event)
        if event.get("type") in ("message_start", "message_stop"):
            self._is_streaming = event["type"] == "message_start"

    def _answer(self, message: JsonObject, parent: str | None) -> Iterator[Read]:
        """While an answer is streamed, its start and end are stream events."""
        id_, content = message.get("id"), message.get("content")
        if not isinstance(id_, str) or not isinstance(content, list):
            yield UnknownShape("assistant without an id or content")
            return
        message = {**message, "usage": _of_claude(message.get("usage"))}
        current = self._messages.current(parent)
        if current is None or parent is not None or not self._is_streaming:
            yield from self._messages.assistant_line(id_, message, parent)
            current = self._messages.current(parent)
        else:
            current.usage = later_usage(current.usage, message)
        if parent is None:
            self._refusal = _refusal(message, content)
        if current is not None:
            yield from self._content.assistant_blocks(blocks_of(content), current)

    def _result(self, record: JsonObject, *, is_error: bool) -> None:
        match record:
            case {"error": {"message": str(message)}} if is_error:
                by_model = self._refusal is not None or "[API Error: " in message
                self._outcome = Failed(
                    error=readable_error(message),
                    reason="model_error" if by_model else "agent_error",
                )
            case _ if is_error:
                self._outcome = Failed(error="the agent reported an error", reason="agent_error")
            case _ if self._refusal is not None:
                self._outcome = Failed(error=self._refusal, reason="model_error")
            case _:
                self._outcome = self._completed(record.get("result"))


def _of_claude(used: object) -> JsonObject:
    """Usage as Claude Code counts it: input tokens exclude cached ones, Qwen Code includes them."""
    counts = used if isinstance(used, dict) else {}
    taken, cached = (added(counts.get(key)) for key in ("input_tokens", "cache_read_input_tokens"))
    return {**counts, "input_tokens": max(0, taken - cached)}


def _refusal(message: JsonObject, content: Sequence[object]) -> str | None:
    """The error in an answer that used no tokens, which is no answer of a model."""
    match message.get("usage"):
        case {"input_tokens": used, "output_tokens": given} if not added(used, given):
            found = _REFUSAL.fullmatch(result_text(list(content)))
            return found and readable_error(found[1] + (found[2] or ""))
        case _:
            return None
