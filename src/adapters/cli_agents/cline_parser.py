"""Parses the JSON lines of `cline --json`."""

from collections.abc import Iterator, Sequence

from adapters.cli_agents.json_lines_parser import JsonLinesParser, JsonObject, unknown_type
from adapters.cli_agents.model_turns import MessageJoiner
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.cli_agents.token_counter import usage
from adapters.system.schema_drift import Read, UnknownShape
from domain.events import AgentEvent
from domain.task_events import Error
from domain.thinking_events import ThinkComplete, ThinkDelta
from domain.tool_events import ToolCallStream
from ports.clock import Clock
from ports.runner import Failed

SOURCE = "cline"

_IGNORED = frozenset({"hook_event", "run_start", "run_started", "status", "team_event"})


class ClineParser(JsonLinesParser):
    """It names no conversation, so none can be resumed."""

    def __init__(self, clock: Clock, *, model: str | None = None) -> None:
        super().__init__(SOURCE, clock)
        self._model = model or "unknown"
        self._message = MessageJoiner()

    def end(self) -> Sequence[AgentEvent]:
        return [*self._message.finish(), *super().end()]

    def _read(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {"type": "agent_event", "event": dict(event)}:
                yield from self._event(event, str(event.get("type")))
            case {"type": "run_result", "finishReason": str(reason)}:
                yield from self._result(record, reason)
            case {"type": "error", "message": str(message)}:
                if self._outcome is None:
                    self._outcome = Failed(error=readable_error(message), reason="agent_error")
            case {"type": str(kind)} if kind in _IGNORED:
                return
            case _:
                yield unknown_type(record)

    def _event(self, event: JsonObject, kind: str) -> Iterator[Read]:
        match event:
            case {"type": "iteration_start"}:
                yield from self._message.finish()
                yield from self._iterations.begin()
            case {"type": "content_start" | "content_update" | "content_end"}:
                yield from self._content(event, kind)
            case {"type": "usage"}:
                used = usage(
                    input_tokens=event.get("inputTokens"),
                    output_tokens=event.get("outputTokens"),
                    cached=event.get("cacheReadTokens"),
                    cost_usd=event.get("cost") or None,
                )
                yield from self._tokens.add(self._model, used)
            case {"type": "notice", "message": str(message)}:
                phase = "model" if event.get("reason") == "api_error" else "agent"
                yield Error(message=readable_error(message), phase=phase, recoverable=True)
            case {"type": "error", "error": {"message": str(message)}}:
                yield from self._error(event, readable_error(message))
            case {"type": "iteration_end" | "done"}:
                return
            case _:
                yield UnknownShape(f"event {kind}")

    def _content(self, event: JsonObject, kind: str) -> Iterator[Read]:
        match event:
            case {"type": "content_start", "contentType": "text", "text": str(piece)}:
                yield from self._message.add(piece)
            case {"type": "content_end", "contentType": "text"}:
                yield from self._message.finish()
            case {"type": "content_start", "contentType": "reasoning", "reasoning": str(piece)}:
                yield ThinkDelta(iteration=self._iterations.current, text=piece)
            case {"type": "content_end", "contentType": "reasoning", "reasoning": str(thought)}:
                yield ThinkComplete(
                    iteration=self._iterations.current,
                    content=thought,
                    reasoning=thought,
                    tool_call_count=0,
                )
            case {"contentType": "text" | "reasoning"}:
                return
            case {"contentType": "tool", "toolCallId": str(call_id)}:
                yield from self._tool(event, kind, call_id)
            case _:
                yield UnknownShape(f"{kind} of {event.get('contentType')}")

    def _tool(self, event: JsonObject, kind: str, call_id: str) -> Iterator[Read]:
        match event:
            case {"type": "content_start", "toolName": str(name)}:
                given = event.get("input")
                arguments = given if isinstance(given, dict) else {"input": given}
                yield from self._calls.start(call_id, tool_name=name, arguments=arguments)
            case {"type": "content_update"}:
                if self._calls.is_open(call_id):
                    yield from _chunk(call_id, event.get("update"))
            case {"type": "content_end"}:
                error = _tool_error(event)
                yield from self._calls.complete(
                    call_id,
                    status="error" if error is not None else "ok",
                    result=_tool_result(event.get("output")),
                    error=error,
                )
            case _:
                yield UnknownShape(f"{kind} of a tool")

    def _error(self, event: JsonObject, message: str) -> Iterator[Read]:
        """One that is not recoverable ends the run and is the model's."""
        if event.get("recoverable") is True:
            yield Error(message=message, phase="model", recoverable=True)
        else:
            self._outcome = Failed(error=message, reason="model_error")

    def _result(self, record: JsonObject, reason: str) -> Iterator[Read]:
        yield from self._message.finish()
        text = record.get("text")
        answer = text if isinstance(text, str) else ""
        if reason == "completed":
            self._outcome = self._completed(answer)
        elif not isinstance(self._outcome, Failed):
            error = readable_error(answer) if answer else f"the agent ended with {reason}"
            self._outcome = Failed(error=error, reason="agent_error")
        match record:
            case {"usage": dict(sums), "model": {"id": str(model)}}:
                used = usage(
                    input_tokens=sums.get("inputTokens"),
                    output_tokens=sums.get("outputTokens"),
                    cached=sums.get("cacheReadTokens"),
                    cost_usd=sums.get("totalCost") or None,
                )
                yield from self._tokens.raise_to({model: used})
            case _:
                return


def _chunk(call_id: str, update: object) -> Iterator[ToolCallStream]:
    match update:
        case {"chunk": ""}:
            return
        case {"chunk": str(chunk), "stream": "stderr"}:
            yield ToolCallStream(call_id=call_id, stream="stderr", chunk=chunk)
        case {"chunk": str(chunk)}:
            yield ToolCallStream(call_id=call_id, stream="stdout", chunk=chunk)
        case _:
            return


def _tool_result(output: object) -> str:
    """The outputs of all commands of the call, or else its output as it is."""
    if isinstance(output, list) and all(isinstance(part, dict) for part in output):
        parts = [part.get("result") for part in output if isinstance(part, dict)]
        return "\n".join(part if isinstance(part, str) else result_text(part) for part in parts)
    return result_text(output)


def _tool_error(event: JsonObject) -> str | None:
    match event:
        case {"error": str(error)}:
            return error
        case {"output": list(parts)}:
            failed = [part for part in parts if isinstance(part, dict) and not _is_fine(part)]
            return "; ".join(result_text(part.get("error")) for part in failed) if failed else None
        case _:
            return None


def _is_fine(part: JsonObject) -> bool:
    return part.get("success") is not False
