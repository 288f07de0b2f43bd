"""How Gemini CLI says that a tool or its turn has ended, and what it has used."""

import re

from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.token_count import added, usage
from domain.tool_events import ToolStatus
from domain.usage import Usage
from ports.runner import Failed

_BY_MODEL = re.compile(r"\[?API Error|quota", re.IGNORECASE)
_DENIED = re.compile(
    r"denied by policy|user (?:denied|cancelled|rejected)|cancelled by user", re.IGNORECASE
)
_FAILED_COMMAND = re.compile(
    r"Command (?:exited with code: [1-9]\d*|terminated by signal: \S+|failed: .*)", re.DOTALL
)


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
    """It reports how a command ended only where that wrote nothing, and as a success."""
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
    """Its output tokens are those of the answers alone; its total has its thoughts' as well."""
    read, answered = added(sums.get("input_tokens")), added(sums.get("output_tokens"))
    thought = max(0, added(sums.get("total_tokens")) - read - answered)
    return usage(
        input_tokens=read,
        output_tokens=answered + thought,
        cached=sums.get("cached"),
        reasoning=thought or None,
    )
