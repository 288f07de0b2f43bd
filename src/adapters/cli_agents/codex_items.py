"""Parses the items of a Codex turn: messages, reasoning, tool calls, plan and warnings."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.cli_agents.json_lines_parser import JsonObject
from adapters.cli_agents.model_turns import Iterations
from adapters.cli_agents.plan import phases
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.cli_agents.tool_calls import ToolCalls
from adapters.system.schema_drift import Read, UnknownShape
from domain.plan import ReportedPlan
from domain.task_events import Error
from domain.thinking_events import Message, MessageDelta, ThinkComplete
from domain.tool_events import ToolStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexCall:
    tool_name: str
    arguments: JsonObject
    status: ToolStatus
    output: str
    error: str | None = None


def codex_call(item: JsonObject) -> CodexCall | None:
    """None for an item that is no tool call, or one with fields of other types."""
    match item:
        case {"type": "command_execution" as name, "command": str(command)}:
            return _call(item, name, {"command": command}, _text(item, "aggregated_output"))
        case {"type": "file_change" as name, "changes": list(changes)}:
            return _call(item, name, {"changes": changes}, "\n".join(map(_change, changes)))
        case {
            "type": "mcp_tool_call",
            "server": str(server),
            "tool": str(tool),
        }:
            return _call(item, f"{server}.{tool}", _arguments(item), _mcp_result(item))
        case {"type": "web_search" as name, "query": str(query)}:
            return _call(item, name, {"query": query}, "")
        case {"type": "collab_tool_call", "tool": str(tool)}:
            return _call(item, tool, {"prompt": item.get("prompt")}, "")
        case _:
            return None


def _call(item: JsonObject, name: str, arguments: JsonObject, output: str) -> CodexCall:
    return CodexCall(
        tool_name=name,
        arguments=arguments,
        status=_status(item),
        output=output,
        error=_error(item),
    )


def _status(item: JsonObject) -> ToolStatus:
    match item:
        case {"status": "declined"}:
            return "denied"
        case {"status": "failed"}:
            return "error"
        case {"status": "in_progress"}:
            return "outcome_unknown"
        case {"exit_code": int(code)} if code:
            return "error"
        case _:
            return "ok"


def _error(item: JsonObject) -> str | None:
    match item:
        case {"error": {"message": str(message)}}:
            return message
        case {"exit_code": int(code)} if code:
            return f"exit code {code}"
        case _:
            return None


def _arguments(item: JsonObject) -> JsonObject:
    match item.get("arguments"):
        case dict(arguments):
            return arguments
        case None:
            return {}
        case other:
            return {"arguments": other}


def _mcp_result(item: JsonObject) -> str:
    match item.get("result"):
        case {"content": content}:
            return result_text(content)
        case other:
            return result_text(other)


def _change(change: object) -> str:
    match change:
        case {"path": str(path), "kind": str(kind)}:
            return f"{kind} {path}"
        case _:
            return result_text(change)


def _text(item: JsonObject, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


class CodexItems:
    def __init__(self, *, calls: ToolCalls, iterations: Iterations) -> None:
        self._calls = calls
        self._iterations = iterations
        self._plan = ReportedPlan()
        self._streamed_chars: dict[str, int] = {}
        self._last_message = ""

    @property
    def last_message(self) -> str:
        return self._last_message

    def read(self, stage: str, item: JsonObject) -> Iterator[Read]:
        """The stage is `started`, `updated` or `completed`."""
        match item:
            case {"type": "agent_message", "id": str(id_), "text": str(text)}:
                yield from self._iterations.begin_after_answer()
                yield from self._message(stage, id_, text)
            case {"type": "reasoning", "text": str(text)}:
                yield from self._iterations.begin_after_answer()
                if stage == "completed":
                    yield ThinkComplete(
                        iteration=self._iterations.current,
                        content=text,
                        reasoning=text,
                        tool_call_count=0,
                    )
            case {"type": "error", "message": str(message)}:
                error = readable_error(message)
                yield Error(message=error, phase="agent", recoverable=True)
            case {"type": "todo_list", "items": list(steps)} if (
                plan := phases(steps, text_key="text")
            ) is not None:
                yield from self._plan.update(plan)
            case {"id": str(id_)} if call := codex_call(item):
                yield from self._tool_call(stage, id_, call)
            case {"type": str(kind)}:
                yield UnknownShape(f"item {kind}")
            case _:
                yield UnknownShape("item without a type")

    def _message(self, stage: str, message_id: str, text: str) -> Iterator[Read]:
        if stage == "completed":
            self._streamed_chars.pop(message_id, None)
            self._last_message = text
            yield Message(message_id=message_id, role="assistant", content=text)
            return
        sent = self._streamed_chars.get(message_id, 0)
        if len(text) > sent:
            self._streamed_chars[message_id] = len(text)
            yield MessageDelta(message_id=message_id, text=text[sent:])

    def _tool_call(self, stage: str, call_id: str, call: CodexCall) -> Iterator[Read]:
        if not self._calls.any_open:
            yield from self._iterations.begin_after_answer()
        yield from self._calls.start(call_id, tool_name=call.tool_name, arguments=call.arguments)
        if stage == "completed":
            yield from self._calls.complete(
                call_id, status=call.status, result=call.output, error=call.error
            )
            self._iterations.mark_answered()
        else:
            yield from self._calls.stream(call_id, output=call.output)
