"""The outcome of a task from the end of a turn: stop reasons, errors, exit of the process."""

import re
from collections.abc import Mapping

from acp.exceptions import RequestError

from adapters.acp.messages import JsonObject, json_message, json_text
from ports.process import Exit
from ports.runner import Completed, Failed, Outcome

_STOPPED: Mapping[str, str] = {
    "max_tokens": "The agent stopped because it had reached its most tokens.",
    "max_turn_requests": "The agent stopped because it had made its most model requests.",
    "refusal": "The agent refused to go on.",
    "cancelled": "The agent broke its turn off, although nobody had asked it to.",
}
_STATUSES = range(400, 600)
_HAS_STATUS = re.compile(
    r"(?:^|\bAPI Error:? ?|\bstatus(?: code)?:? ?|\bHTTP:? ?)[45]\d\d\b", re.IGNORECASE
)
_CODEX_OWN_ERRORS = frozenset({"sandbox_error", "thread_rollback_failed"})


def turn_outcome(answer: JsonObject, *, last_message: str, was_denied: bool = False) -> Outcome:
    """`was_denied`: some agents cancel their turn when a request is denied."""
    reason = json_text(answer.get("stopReason"))
    if reason == "cancelled" and was_denied:
        return Failed(
            error="The agent broke its turn off because it was refused what it asked for.",
            reason="agent_error",
        )
    if reason == "end_turn":
        return Completed(final_answer=last_message)
    unknown = f"The agent ended its turn for a reason that is not known here: {reason!r}."
    return Failed(error=_STOPPED.get(reason, unknown), reason="agent_error")


def turn_failure(error: RequestError) -> Failed:
    """The outcome of a prompt that was answered with an error."""
    return Failed(
        error=f"The agent failed: {error_text(error)}",
        reason="model_error" if _is_model_error(error) else "agent_error",
    )


def error_text(error: RequestError) -> str:
    """The error message of the agent, or of the model server behind it."""
    text = _server_message(str(error)) or str(error)
    if error.code in _STATUSES and str(error.code) not in text:
        text = f"{error.code} {text}".rstrip()
    if more := _details(error):
        return f"{text}: {_server_message(more) or more}"
    return text or "the agent gave no reason"


def _is_model_error(error: RequestError) -> bool:
    """Judged by the agent's error kind, or by an HTTP status in the message."""
    match error.data:
        # claude-agent-acp and opencode
        case {"errorKind": str()} | {"errorName": "APIError" | "ProviderAuthError"}:
            return True
        # codex-acp; `other` is its catch-all
        case {"codex_error_info": str(kind)} if kind != "other":
            return kind not in _CODEX_OWN_ERRORS
        case {"codex_error_info": dict()}:
            return True  # a failed connection, with its status
        case _:
            text = (str(error), _details(error))
            return error.code in _STATUSES or any(map(_is_server_error, text))


def _is_server_error(text: str) -> bool:
    return _server_message(text) is not None or _HAS_STATUS.search(text) is not None


def _server_message(text: str) -> str | None:
    """The message in an error JSON of a model server; None if it is no such JSON."""
    match json_message(text):
        case {"error": {"message": str(text)}} if text:
            return text
        case _:
            return None


def _details(error: RequestError) -> str:
    match error.data:
        case {"details": str(more)} | {"message": str(more)} | str(more):
            return more
        case _:
            return ""


def process_end_failure(ended: Exit, *, last_lines: str, is_started: bool) -> Failed:
    """The process exited before the end of its turn."""
    how = f"exit code {ended.code}" if ended.signal is None else f"signal {ended.signal}"
    when = "before it had answered" if is_started else "before it was ready"
    output = f", and wrote:\n{last_lines}" if last_lines else "."
    code = ended.code if ended.signal is None else 128 + ended.signal
    if ended.limit is not None:
        return Failed(
            error=f"The agent's process passed its limit of {ended.limit} and ended{output}",
            reason="resource_limit",
            exit_code=code,
        )
    return Failed(
        error=f"The agent's process ended with {how} {when}{output}",
        reason=("exit_code" if code else "agent_error") if is_started else "start_failed",
        exit_code=code,
    )
