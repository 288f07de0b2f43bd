"""Parses the JSON lines of `codex exec --json`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from adapters.cli_agents.codex_items import CodexItems
from adapters.cli_agents.json_lines_parser import (
    JsonLinesParser,
    JsonObject,
    named_thread,
    unknown_type,
)
from adapters.cli_agents.readable_text import readable_error
from adapters.cli_agents.token_counter import usage
from adapters.system.schema_drift import Read
from domain.agent_thread import AgentThread
from domain.task_events import Error
from domain.usage import Usage
from ports.clock import Clock
from ports.runner import Failed

SOURCE = "codex"

_MODEL = "unknown"  # no line names its default model
_RETRY = re.compile(r"Reconnecting\.{3} \d+/\d+")


class CodexParser(JsonLinesParser):
    def __init__(
        self, clock: Clock, *, thread: AgentThread | None = None, model: str | None = None
    ) -> None:
        super().__init__(SOURCE, clock)
        self._model = model or _MODEL
        self._items = CodexItems(calls=self._calls, iterations=self._iterations)
        self._resumed = thread
        self._used_before = Usage()

    def _read(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"type": "thread.started", "thread_id": str(thread)}:
                self._begin(thread)
            case {"type": "turn.started"}:
                self._outcome = None
                self._iterations.mark_answered()
                yield from self._iterations.begin_after_answer()
            case {
                "type": "item.started" | "item.updated" | "item.completed" as kind,
                "item": dict(item),
            }:
                yield from self._items.read(kind.removeprefix("item."), item)
            case {"type": "turn.completed"}:
                yield from self._turn_completed(record.get("usage"))
            case {"type": "turn.failed", "error": {"message": str(message)}}:
                self._outcome = Failed(error=readable_error(message), reason="model_error")
            case {"type": "error", "message": str(message)}:
                yield _error(message)
            case _:
                yield unknown_type(record)

    def _begin(self, name: str) -> None:
        """If it cannot resume the thread it may start another one."""
        resumed = self._resumed
        is_same = resumed is not None and resumed.id == name
        self._thread = resumed if is_same else named_thread(name)
        self._used_before = (self._thread and self._thread.usage) or Usage()

    def _turn_completed(self, used: object) -> Iterator[Read]:
        """Its usage is the total of all turns of the thread so far, also of earlier tasks."""
        self._outcome = self._completed(self._items.last_message)
        if isinstance(used, dict):
            total = usage(
                input_tokens=used.get("input_tokens"),
                output_tokens=used.get("output_tokens"),
                cached=used.get("cached_input_tokens"),
                reasoning=used.get("reasoning_output_tokens"),
            )
            if total.total_tokens < self._used_before.total_tokens:
                self._used_before = Usage()  # a smaller total means that it was reset
            yield from self._tokens.raise_to({self._model: total.minus(self._used_before)})
            if self._thread is not None:
                self._thread = replace(self._thread, usage=total)


def _error(message: str) -> Error:
    """Recoverable only if the agent retries; else the next line ends the turn."""
    retried = _RETRY.match(message) is not None
    return Error(message=readable_error(message), phase="model", recoverable=retried)
