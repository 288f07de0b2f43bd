"""Understands the `stream-json` of Gemini CLI."""

from collections.abc import Iterator, Sequence

from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.gemini_result import (
    gemini_failure,
    tool_error,
    tool_status,
    usage_by_model,
)
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.plan import Plan, phases
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.spoken_message import SpokenMessage
from adapters.cli_agents.token_count import TokenCount
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from domain.task_events import Error
from ports.clock import Clock
from ports.price_list import PriceList
from ports.runner import Completed, Outcome

SOURCE = "gemini"


class GeminiParser:
    def __init__(self, clock: Clock, *, prices: PriceList | None = None) -> None:
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._tokens = TokenCount(prices)
        self._spoken = SpokenMessage()
        self._plan = Plan()
        self._outcome: Outcome | None = None
        self._thread: str | None = None
        self._model = "unknown"

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        said = json_object(line)
        if said is None:
            return None
        return self._drift.events(line, self._read(said))

    def end(self) -> Sequence[AgentEvent]:
        return [*self._spoken.whole(), *self._calls.end()]

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome

    @property
    def thread(self) -> AgentThread | None:
        return AgentThread(id=self._thread) if self._thread else None

    def _read(self, said: JsonObject) -> Iterator[Read]:
        match said:
            case {"type": "init", "session_id": str(thread)}:
                self._thread = thread_name(thread)
                model = said.get("model")
                self._model = model if isinstance(model, str) else self._model
            case {"type": "message", "role": "assistant", "content": ""}:
                return
            case {"type": "message", "role": "assistant", "content": str(text)}:
                yield from self._iterations.model_speaks()
                in_pieces = said.get("delta") is True
                yield from self._spoken.add(text) if in_pieces else self._spoken.say(text)
            case {"type": "message", "role": "user", "content": str()}:
                yield from self._spoken.whole()
            case {"type": "error", "message": str(message)}:
                is_warning = said.get("severity") == "warning"
                error = readable_error(message)
                yield Error(message=error, phase="agent", recoverable=is_warning)
            case _:
                yield from self._read_call_or_end(said)

    def _read_call_or_end(self, said: JsonObject) -> Iterator[Read]:
        match said:
            case {
                "type": "tool_use",
                "tool_name": str(name),
                "tool_id": str(call_id),
                "parameters": dict(arguments),
            }:
                yield from self._tool_use(call_id, name, arguments)
            case {"type": "tool_result", "tool_id": str(call_id), "status": str()}:
                yield from self._calls.complete(
                    call_id,
                    status=tool_status(said),
                    result=result_text(said.get("output")),
                    error=tool_error(said),
                )
                self._iterations.tool_answers()
            case {"type": "result", "status": str(status)}:
                yield from self._result(said, status)
            case {"type": str(kind)}:
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no type")

    def _tool_use(self, call_id: str, name: str, arguments: JsonObject) -> Iterator[Read]:
        if not self._calls.any_open:
            yield from self._iterations.model_speaks()
        yield from self._spoken.whole()
        yield from self._calls.start(call_id, tool_name=name, arguments=arguments)
        steps = phases(arguments.get("todos"), text_key="description")
        if name == "write_todos" and steps is not None:
            yield from self._plan.becomes(steps)

    def _result(self, said: JsonObject, status: str) -> Iterator[Read]:
        yield from self._spoken.whole()
        self._outcome = (
            Completed(final_answer=self._spoken.last, total_iterations=self._iterations.count)
            if status == "success"
            else gemini_failure(said)
        )
        yield from self._tokens.reach(usage_by_model(said, model=self._model))
