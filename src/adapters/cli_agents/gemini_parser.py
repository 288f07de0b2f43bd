"""Parses the `stream-json` output of Gemini CLI."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.json_lines_parser import (
    JsonLinesParser,
    JsonObject,
    named_thread,
    unknown_type,
)
from adapters.cli_agents.model_turns import MessageJoiner
from adapters.cli_agents.plan import phases
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.cli_agents.token_counter import added, usage
from adapters.system.schema_drift import Read
from domain.events import AgentEvent
from domain.plan import ReportedPlan
from domain.task_events import Error
from domain.tool_events import ToolStatus
from domain.usage import Usage
from ports.clock import Clock
from ports.price_list import PriceList
from ports.runner import Failed

SOURCE = "gemini"
_BY_MODEL = re.compile(r"\[?API Error|quota", re.IGNORECASE)
_DENIED = re.compile(
    r"denied by policy|user (?:denied|cancelled|rejected)|cancelled by user", re.IGNORECASE
)
_FAILED_COMMAND = re.compile(
    r"Command (?:exited with code: [1-9]\d*|terminated by signal: \S+|failed: .*)", re.DOTALL
)


class GeminiParser(JsonLinesParser):
    def __init__(self, clock: Clock, *, prices: PriceList | None = None) -> None:
        super().__init__(SOURCE, clock, prices=prices)
        self._message = MessageJoiner()
        self._plan = ReportedPlan()
        self._model = "unknown"

    def end(self) -> Sequence[AgentEvent]:
        return [*self._message.finish(), *super().end()]

    def _read(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"type": "init", "session_id": str(thread)}:
                self._thread = named_thread(thread)
                model = record.get("model")
                self._model = model if isinstance(model, str) else self._model
            case {"type": "message", "role": "assistant", "content": ""}:
                return
            case {"type": "message", "role": "assistant", "content": str(text)}:
                yield from self._iterations.begin_after_answer()
                is_delta = record.get("delta") is True
                yield from self._message.add(text) if is_delta else self._message.add_whole(text)
            case {"type": "message", "role": "user", "content": str()}:
                yield from self._message.finish()
            case {"type": "error", "message": str(message)}:
                is_warning = record.get("severity") == "warning"
                error = readable_error(message)
                yield Error(message=error, phase="agent", recoverable=is_warning)
            case _:
                yield from self._read_call_or_end(record)

    def _read_call_or_end(self, record: JsonObject) -> Iterator[Read]:
        match record:
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
                    status=tool_status(record),
                    result=result_text(record.get("output")),
                    error=tool_error(record),
                )
                self._iterations.mark_answered()
            case {"type": "result", "status": str(status)}:
                yield from self._result(record, status)
            case _:
                yield unknown_type(record)

    def _tool_use(self, call_id: str, name: str, arguments: JsonObject) -> Iterator[Read]:
        if not self._calls.any_open:
            yield from self._iterations.begin_after_answer()
        yield from self._message.finish()
        yield from self._calls.start(call_id, tool_name=name, arguments=arguments)
        steps = phases(arguments.get("todos"), text_key="description")
        if name == "write_todos" and steps is not None:
            yield from self._plan.update(steps)

    def _result(self, record: JsonObject, status: str) -> Iterator[Read]:
        yield from self._message.finish()
        self._outcome = (
            self._completed(self._message.last) if status == "success" else gemini_failure(record)
        )
        yield from self._tokens.raise_to(usage_by_model(record, model=self._model))


def gemini_failure(result: JsonObject) -> Failed:
    match result:
        case {"error": {"message": str(message)}}:
            return Failed(
                error=readable_error(message),
                reason="model_error" if _BY_MODEL.search(message) else "agent_error",
            )
        case _:
            return Failed(error="the agent reported an error", reason="agent_error")


def tool_status(result: JsonObject) -> ToolStatus:
    """A failed command is reported as a success, and recognizable only if it printed nothing:
    the way it ended is its output then."""
    match result:
        case {"output": str(output)} if _FAILED_COMMAND.fullmatch(output):
            return "error"
        case {"status": "success"} if not result.get("error"):
            return "ok"
        case {"error": {"type": "policy_violation"}}:
            return "denied"
        case {"error": {"message": str(message)}} if _DENIED.search(message):
            return "denied"
        case _:
            return "error"


def tool_error(result: JsonObject) -> str | None:
    match result:
        case {"error": {"message": str(message)}}:
            return message
        case _:
            return None


def usage_by_model(result: JsonObject, *, model: str) -> dict[str, Usage]:
    match result:
        case {"stats": {"models": dict(models)}} if models:
            return {name: _usage(sums) for name, sums in models.items() if isinstance(sums, dict)}
        case {"stats": dict(sums)}:
            return {model: _usage(sums)}
        case _:
            return {}


def _usage(sums: JsonObject) -> Usage:
    """Its output tokens exclude reasoning; its total includes it."""
    read, answered = added(sums.get("input_tokens")), added(sums.get("output_tokens"))
    thought = max(0, added(sums.get("total_tokens")) - read - answered)
    return usage(
        input_tokens=read,
        output_tokens=answered + thought,
        cached=sums.get("cached"),
        reasoning=thought or None,
    )
