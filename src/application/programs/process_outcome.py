"""The outcome of a task whose process has ended: as the agent reported it, else by its exit."""

from collections.abc import Mapping
from dataclasses import replace

from ports.process import Exit
from ports.runner import Completed, Failed, Outcome

_SIGNALS: Mapping[int, str] = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
}
_LIMITS: Mapping[str, str] = {
    "memory": "The command was ended because it ran out of the memory it may use.",
    "processes": "The command was ended because it ran more processes than it may.",
}


def outcome_of_command(ended: Exit, last_line: str, *, answer: str | None = None) -> Outcome:
    """Of a program whose output has no parser: its last line is the answer, or quoted as the error."""
    failure = _failure(ended)
    if failure is not None:
        return _quoting(failure, last_line)
    return Completed(final_answer=last_line if answer is None else answer, exit_code=0)


def outcome_of_agent(ended: Exit, reported: Outcome | None, last_line: str) -> Outcome:
    """`reported` is what the agent reported; `last_line` the last line that was not parsed."""
    if reported is not None:
        exit_code = _exit_code(ended) if reported.exit_code is None else reported.exit_code
        return replace(reported, exit_code=exit_code)
    failure = _failure(ended)
    if failure is None:
        failure = Failed(
            error="The agent ended without a result.", reason="agent_error", exit_code=0
        )
    return _quoting(failure, last_line)


def outcome_of_rule(ended: Exit, failure: Failed, reported: Outcome | None) -> Failed | None:
    """Of a run in whose output a rule found a failure; `reported` is what the agent reported.

    None where a limit ended the process, or the agent reported a failure itself.
    """
    if ended.limit is not None or isinstance(reported, Failed):
        return None
    return replace(failure, exit_code=_exit_code(ended))


def _quoting(failure: Failed, last_line: str) -> Failed:
    return replace(failure, error=f"{failure.error} {last_line}".rstrip())


def _failure(ended: Exit) -> Failed | None:
    exit_code = _exit_code(ended)
    if ended.limit is not None:
        error = _LIMITS[ended.limit]
        return Failed(error=error, reason="resource_limit", exit_code=exit_code)
    if exit_code == 0:
        return None
    return Failed(error=_sentence(ended), reason="exit_code", exit_code=exit_code)


def _sentence(ended: Exit) -> str:
    if ended.signal is None:
        return f"The command ended with exit code {ended.code}."
    name = _SIGNALS.get(ended.signal, "no name known here")
    return f"The command was ended by signal {ended.signal} ({name})."


def _exit_code(ended: Exit) -> int | None:
    """As a shell reports it."""
    return ended.code if ended.signal is None else 128 + ended.signal
