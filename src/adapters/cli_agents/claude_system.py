"""What Claude Code says of itself besides its messages: retries, limits, compaction."""

from collections.abc import Iterator

from adapters.cli_agents.drift_report import Read, Unfamiliar
from adapters.cli_agents.json_line import JsonObject
from domain.task_events import Error, Progress

_SAY_NOTHING = frozenset(
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


def system_events(said: JsonObject) -> Iterator[Read]:
    match said:
        case {"subtype": "api_retry"}:
            yield Error(message=_retry(said), phase="model", recoverable=True)
        case {"subtype": "compact_boundary"}:
            yield Progress(message="the agent has shortened its conversation")
        case {"subtype": str(subtype)} if subtype in _SAY_NOTHING:
            return
        case {"subtype": str(subtype)}:
            yield Unfamiliar(f"system {subtype}")
        case _:
            yield Unfamiliar("system without a subtype")


def rate_limit_events(said: JsonObject) -> Iterator[Read]:
    match said:
        case {"rate_limit_info": {"status": "rejected"}}:
            yield Error(message="the limit of calls is reached", phase="model", recoverable=True)
        case {"rate_limit_info": {"status": str()}}:
            return
        case _:
            yield Unfamiliar("rate_limit_event without a status")


def _retry(said: JsonObject) -> str:
    match said:
        case {"error_status": int(status), "error": str(error)}:
            why = f"the model's server answered {status} ({error})"
        case {"error": str(error)}:
            why = f"the model could not be asked ({error})"
        case _:
            why = "the model could not be asked"
    match said:
        case {"attempt": int(attempt), "max_retries": int(most)}:
            return f"{why}: try {attempt} of {most} follows"
        case _:
            return f"{why}: it is asked again"
