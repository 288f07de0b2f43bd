"""Understands the JSON lines of `codex exec --json`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapters.cli_agents.codex_items import CodexItems
from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.token_count import TokenCount, usage
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from domain.task_events import Error
from domain.usage import Usage
from ports.clock import Clock
from ports.runner import Completed, Failed, Outcome

SOURCE = "codex"

_MODEL = "unknown"  # which one it asks of its own accord stands in none of its lines
_RETRY = re.compile(r"Reconnecting\.{3} \d+/\d+")


class CodexParser:
    def __init__(
        self, clock: Clock, *, thread: AgentThread | None = None, model: str | None = None
    ) -> None:
        self._model = model or _MODEL
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._tokens = TokenCount()
        self._items = CodexItems(calls=self._calls, iterations=self._iterations)
        self._outcome: Outcome | None = None
        self._goes_on_with = thread
        self._used_before = Usage()
        self._thread: AgentThread | None = None

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        said = json_object(line)
        if said is None:
            return None
        return self._drift.events(line, self._read(said))

    def end(self) -> Sequence[AgentEvent]:
        return self._calls.end()

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome

    @property
    def thread(self) -> AgentThread | None:
        return self._thread

    def _read(self, said: JsonObject) -> Iterator[Read]:
        match said:
            case {"type": "thread.started", "thread_id": str(thread)}:
                self._begin(thread_name(thread))
            case {"type": "turn.started"}:
                self._outcome = None
                self._iterations.tool_answers()
                yield from self._iterations.model_speaks()
            case {
                "type": "item.started" | "item.updated" | "item.completed" as kind,
                "item": dict(item),
            }:
                yield from self._items.read(kind.removeprefix("item."), item)
            case {"type": "turn.completed"}:
                yield from self._turn_completed(said.get("usage"))
            case {"type": "turn.failed", "error": {"message": str(message)}}:
                self._outcome = Failed(error=readable_error(message), reason="model_error")
            case {"type": "error", "message": str(message)}:
                yield _error(message)
            case {"type": str(kind)}:
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no type")

    def _begin(self, name: str | None) -> None:
        """What it cannot go on with it may begin anew, under another name."""
        kept = self._goes_on_with
        is_same = kept is not None and kept.id == name
        self._thread = kept if is_same else AgentThread(id=name) if name else None
        self._used_before = (self._thread and self._thread.usage) or Usage()

    def _turn_completed(self, used: object) -> Iterator[Read]:
        """The usage is the sum over all turns of the thread so far, in earlier tasks too."""
        self._outcome = Completed(
            final_answer=self._items.last_message, total_iterations=self._iterations.count
        )
        if isinstance(used, dict):
            told = usage(
                input_tokens=used.get("input_tokens"),
                output_tokens=used.get("output_tokens"),
                cached=used.get("cached_input_tokens"),
                reasoning=used.get("reasoning_output_tokens"),
            )
            if told.total_tokens < self._used_before.total_tokens:
                self._used_before = Usage()  # a sum that shrank was begun anew
            yield from self._tokens.reach({self._model: told.minus(self._used_before)})
            if self._thread is not None:
                self._thread = replace(self._thread, usage=told)


def _error(message: str) -> Error:
    """What the agent does not try again itself ends its turn in the next line."""
    retried = _RETRY.match(message) is not None
    return Error(message=readable_error(message), phase="model", recoverable=retried)
