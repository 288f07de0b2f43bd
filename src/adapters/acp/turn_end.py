"""What an agent's answer to a prompt means for the task."""

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


def refusal_of(error: RequestError) -> str:
    """An error of the agent in its own words, or in those of the model's server."""
    words = str(error)
    match json_message(words):
        case {"error": {"message": str(told)}} if told:
            words = told
        case _:
            pass
    match error.data:
        case {"details": str(more)} | {"message": str(more)} | str(more) if more:
            return f"{words}: {more}"
        case _:
            return words or "the agent gave no reason"


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
