"""Parses the `stream-json` output of Claude Code."""

from collections.abc import Iterator

from adapters.cli_agents.claude_content import ClaudeContent
from adapters.cli_agents.claude_messages import ClaudeMessages, model_name, usage_by_model
from adapters.cli_agents.claude_status import claude_outcome, rate_limit_events, system_events
from adapters.cli_agents.json_lines_parser import (
    JsonLinesParser,
    JsonObject,
    blocks_of,
    named_thread,
    unknown_type,
)
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.system.schema_drift import Read, UnknownShape
from domain.task_events import Error
from ports.clock import Clock
from ports.price_list import PriceList

SOURCE = "claude-code"

_IGNORED = frozenset(
    {
        "keep_alive",
        "control_request",
        "control_response",
        "control_cancel_request",
        "tool_progress",
        "tool_use_summary",
        "auth_status",
    }
)


class ClaudeCodeParser(JsonLinesParser):
    def __init__(self, clock: Clock, *, prices: PriceList | None = None) -> None:
        super().__init__(SOURCE, clock, prices=prices)
        self._messages = ClaudeMessages(iterations=self._iterations, tokens=self._tokens)
        self._content = ClaudeContent(calls=self._calls, iterations=self._iterations)
        self._model = "unknown"
        self._model_failed = False

    def _read(self, record: JsonObject) -> Iterator[Read]:
        match record.get("type"):
            case "system":
                yield from self._system(record)
            case "stream_event":
                # A sub-agent's message is emitted when it is complete.
                if record.get("parent_tool_use_id") is None:
                    yield from self._messages.stream_event(record.get("event"))
            case "assistant":
                yield from self._assistant(record)
            case "user":
                yield from self._user(record)
            case "result":
                yield from self._result(record)
            case "rate_limit_event":
                yield from rate_limit_events(record)
            case str(kind) if kind in _IGNORED:
                return
            case _:
                yield unknown_type(record)

    def _system(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"subtype": "init"}:
                self._begin_turn(record)
            case {"subtype": "permission_denied", "tool_use_id": str(call_id)}:
                self._content.deny(call_id)
            case _:
                pass
        yield from system_events(record)

    def _begin_turn(self, record: JsonObject) -> None:
        self._thread = named_thread(record.get("session_id")) or self._thread
        self._outcome, self._model_failed = None, False
        if isinstance(model := record.get("model"), str):
            self._model = model_name(model)

    def _assistant(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"error": str(), "message": {"content": list(content)}}:
                self._model_failed = True
                error = readable_error(result_text(content))
                yield Error(message=error, phase="model", recoverable=False)
            case {"message": dict(message)}:
                yield from self._message(message, _parent(record))
            case _:
                yield UnknownShape("assistant without a message")

    def _message(self, message: JsonObject, parent: str | None) -> Iterator[Read]:
        match message:
            case {"id": str(id_), "content": list(content)}:
                yield from self._messages.assistant_line(id_, message, parent)
                if current := self._messages.current(parent):
                    yield from self._content.assistant_blocks(blocks_of(content), current)
            case _:
                yield UnknownShape("assistant without an id or content")

    def _user(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"message": {"content": list(content)}}:
                yield from self._content.user_blocks(blocks_of(content))
            case {"message": {"content": str()}}:
                return
            case _:
                yield UnknownShape("user without content")

    def _result(self, record: JsonObject) -> Iterator[Read]:
        outcome = claude_outcome(
            record, iterations=self._iterations.count, model_failed=self._model_failed
        )
        if outcome is None:
            yield UnknownShape("result without a subtype or is_error")
            return
        self._outcome = outcome
        self._thread = named_thread(record.get("session_id")) or self._thread
        yield from self._tokens.raise_to(usage_by_model(record, model=self._model))


def _parent(record: JsonObject) -> str | None:
    parent = record.get("parent_tool_use_id")
    return parent if isinstance(parent, str) else None
