"""The items of Codex that are tool calls, each kind with its own fields, in one shape."""

from dataclasses import dataclass

from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.result_text import result_text
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
