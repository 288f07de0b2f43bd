"""Parses what Claude Code reports besides its messages: retries, limits, compaction, its result."""

from collections.abc import Iterator

from adapters.cli_agents.json_lines_parser import JsonObject
from adapters.cli_agents.readable_text import readable_error
from adapters.system.schema_drift import Read, UnknownShape
from domain.task_events import Error, Progress
from ports.runner import Completed, Failed, Outcome

_IGNORED = frozenset(
    {
        "init",
        "status",
        "microcompact_boundary",
        "hook_started",
        "hook_progress",
        "hook_response",
        "task_started",
        "task_progress",
        "task_updated",
        "task_notification",
        "permission_denied",
        "session_state_changed",
        "thinking_tokens",
        "files_persisted",
        "local_command_output",
    }
)
_REASONS = {
    "error_max_turns": "the agent reached its limit of turns",
    "error_max_budget_usd": "the agent reached its limit of cost",
    "error_during_execution": "the agent failed while it worked",
}


def system_events(record: JsonObject) -> Iterator[Read]:
    match record:
        case {"subtype": "api_retry"}:
            yield Error(message=_retry(record), phase="model", recoverable=True)
        case {"subtype": "compact_boundary"}:
            yield Progress(message="the agent has shortened its conversation")
        case {"subtype": str(subtype)} if subtype in _IGNORED:
            return
        case {"subtype": str(subtype)}:
            yield UnknownShape(f"system {subtype}")
        case _:
            yield UnknownShape("system without a subtype")


def rate_limit_events(record: JsonObject) -> Iterator[Read]:
    match record:
        case {"rate_limit_info": {"status": "rejected"}}:
            yield Error(message="the limit of calls is reached", phase="model", recoverable=True)
        case {"rate_limit_info": {"status": str()}}:
            return
        case _:
            yield UnknownShape("rate_limit_event without a status")


def _retry(record: JsonObject) -> str:
    match record:
        case {"error_status": int(status), "error": str(error)}:
            why = f"the model's server answered {status} ({error})"
        case {"error": str(error)}:
            why = f"the model could not be asked ({error})"
        case _:
            why = "the model could not be asked"
    match record:
        case {"attempt": int(attempt), "max_retries": int(most)}:
            return f"{why}: try {attempt} of {most} follows"
        case _:
            return f"{why}: it is asked again"


def claude_outcome(
    result: JsonObject, *, iterations: int | None, model_failed: bool
) -> Outcome | None:
    """None for a line without `subtype` and `is_error`."""
    match result:
        case {"subtype": str(subtype), "is_error": bool(is_error)}:
            if is_error or subtype.startswith("error"):
                by_model = model_failed or result.get("api_error_status") is not None
                return Failed(
                    error=_explanation(result, subtype),
                    reason="model_error" if by_model else "agent_error",
                )
            answer = result.get("result")
            return Completed(
                final_answer=answer if isinstance(answer, str) else "",
                total_iterations=iterations,
            )
        case _:
            return None


def _explanation(result: JsonObject, subtype: str) -> str:
    match result:
        case {"result": str(text)} if text.strip():
            return readable_error(text)
        case {"errors": [str(), *_] as errors}:
            return "; ".join(readable_error(text) for text in errors if isinstance(text, str))
        case _:
            return _REASONS.get(subtype, f"the agent ended with {subtype}")
