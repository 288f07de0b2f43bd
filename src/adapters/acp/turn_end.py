"""What an agent's answer to a prompt means for the task."""

import re
from collections.abc import Mapping

from acp.exceptions import RequestError

from adapters.acp.json_message import JsonObject, json_message, json_text
from ports.process import Exit
from ports.runner import Completed, Failed, Outcome

_STOPPED: Mapping[str, str] = {
    "max_tokens": "The agent stopped because it had reached its most tokens.",
    "max_turn_requests": "The agent stopped because it had made its most model requests.",
    "refusal": "The agent refused to go on.",
    "cancelled": "The agent broke its turn off, although nobody had asked it to.",
}
_STATUSES = range(400, 600)
_SAYS_STATUS = re.compile(
    r"(?:^|\bAPI Error:? ?|\bstatus(?: code)?:? ?|\bHTTP:? ?)[45]\d\d\b", re.IGNORECASE
)
_OF_CODEX_ITSELF = frozenset({"sandbox_error", "thread_rollback_failed"})


def outcome_of(answer: JsonObject, *, last_message: str, was_denied: bool = False) -> Outcome:
    """`was_denied`: some agents break their turn off when they are refused what they ask for."""
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


def failure_of(error: RequestError) -> Failed:
    """Of a turn that the agent could not end, because of its model or of itself."""
    return Failed(
        error=f"The agent failed: {refusal_of(error)}",
        reason="model_error" if _is_of_model(error) else "agent_error",
    )


def refusal_of(error: RequestError) -> str:
    """An error of the agent in its own words, or in those of the model's server."""
    words = _server_words(str(error)) or str(error)
    if error.code in _STATUSES and str(error.code) not in words:
        words = f"{error.code} {words}".rstrip()
    if more := _details(error):
        return f"{words}: {_server_words(more) or more}"
    return words or "the agent gave no reason"


def _is_of_model(error: RequestError) -> bool:
    """By what the agent calls it, or by the status of the model's server."""
    match error.data:
        # Of claude-agent-acp and of opencode.
        case {"errorKind": str()} | {"errorName": "APIError" | "ProviderAuthError"}:
            return True
        # Of codex-acp, which calls what it knows no better word for `other`.
        case {"codex_error_info": str(kind)} if kind != "other":
            return kind not in _OF_CODEX_ITSELF
        case {"codex_error_info": dict()}:
            return True  # a connection to the server, with its status
        case _:
            words = (str(error), _details(error))
            return error.code in _STATUSES or any(map(_is_of_server, words))


def _is_of_server(words: str) -> bool:
    return _server_words(words) is not None or _SAYS_STATUS.search(words) is not None


def _server_words(text: str) -> str | None:
    """What a model's server says in the JSON that it answers with; None if that is none."""
    match json_message(text):
        case {"error": {"message": str(words)}} if words:
            return words
        case _:
            return None


def _details(error: RequestError) -> str:
    match error.data:
        case {"details": str(more)} | {"message": str(more)} | str(more):
            return more
        case _:
            return ""


def death_of(ended: Exit, *, last_lines: str, is_started: bool) -> Failed:
    """Of a process that has ended before its turn has."""
    how = f"exit code {ended.code}" if ended.signal is None else f"signal {ended.signal}"
    when = "before it had answered" if is_started else "before it was ready"
    said = f", and wrote:\n{last_lines}" if last_lines else "."
    code = ended.code if ended.signal is None else 128 + ended.signal
    if ended.limit is not None:
        return Failed(
            error=f"The agent's process passed its limit of {ended.limit} and ended{said}",
            reason="resource_limit",
            exit_code=code,
        )
    return Failed(
        error=f"The agent's process ended with {how} {when}{said}",
        reason=("exit_code" if code else "agent_error") if is_started else "start_failed",
        exit_code=code,
    )
