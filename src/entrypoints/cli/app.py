"""The command `agentcast`: lazily imported verbs, error messages and exit codes."""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from cyclopts import (
    App,
    CycloptsError,
    Parameter,
    UnknownOptionError,
    UnusedCliTokensError,
)

from domain.errors import AgentcastError, InvalidInput
from domain.json_values import without_surrogates
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import CommandFailure, UsageMistake
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.verbs import COMPLETION, EXIT_CODES, VERBS

_TAKE_TEXT = frozenset({"run", "submit", "answer", "input"})
_METADATA = "--metadata"
_NEW_OBJECTS = 100_000  # allocations between garbage collections


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code. Failures print one line; AGENTCAST_DEBUG=1 prints the traceback."""
    output = process_output()
    try:
        given = _utf8(sys.argv[1:] if arguments is None else arguments)
        with _without_gc():
            command, bound, _ = _app().parse_args(given, exit_on_error=False, print_error=False)
        return _code(command(*bound.args, **bound.kwargs))
    except CycloptsError as error:
        output.notice(argument_mistake(error))
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.STOPPED_WATCHING
    except Exception as error:  # process boundary: a user gets one line, whatever it was
        if os.environ.get("AGENTCAST_DEBUG") == "1":
            raise
        return _report_failure(output, _first_cause(error))


def argument_mistake(error: CycloptsError) -> str:
    """One line with the verb, what is wrong with its arguments, and a suggestion."""
    chain = tuple(error.command_chain or ())
    verb = " ".join(("agentcast", *chain))
    message = str(error)
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        message = f"Unexpected argument: {' '.join(map(repr, error.unused_tokens))}."
        if _TAKE_TEXT & set(chain):
            message += " Put a text with spaces into quotes."
    elif error.argument is not None and error.argument.name == _METADATA:
        message = f"Give a name and a value: {_METADATA}.NAME VALUE."
    elif isinstance(error, UnknownOptionError) and chain == ("exec",):
        message += " Put the command and its options after --."
    return f"{verb}: {message} (see {verb} --help)"


def _utf8(arguments: Sequence[str]) -> Sequence[str]:
    """Raises UsageMistake for bytes that are not UTF-8."""
    for argument in arguments:
        if without_surrogates(argument) != argument:
            raise UsageMistake(f"an argument is not UTF-8: {argument!r}")
    return arguments


@contextmanager
def _without_gc() -> Iterator[None]:
    """No garbage collection while modules are imported, as all of their objects stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS)
        gc.enable()


def _app() -> App:
    app = App(
        name="agentcast",
        help="Runs agents and casts every step they take, live.",
        help_epilogue=EXIT_CODES,
        version=lambda: version("agentcast"),
        default_parameter=Parameter(negative=(), show_default=_shown_default),
        result_action="return_value",
    )
    app.register_install_completion_command(help=COMPLETION)
    for group, name, location, text in VERBS:
        app.command(f"entrypoints.cli.commands.{location}", name=name, help=text, group=group)
    return app


def _shown_default(value: object) -> str | None:
    """Hides the default of flags that are off."""
    return None if value in (None, False, ()) else str(value)


def _code(result: object) -> int:
    return result if isinstance(result, int) else ExitCode.COMPLETED


def _first_cause(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _report_failure(output: Output, error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        return _broken_pipe()
    message = (
        str(error) if isinstance(error, AgentcastError) else f"{type(error).__name__}: {error}"
    )
    output.notice(f"agentcast: {message}")
    if isinstance(error, CommandFailure):
        return error.exit_code
    return ExitCode.USAGE if isinstance(error, InvalidInput) else ExitCode.FAILED


def _broken_pipe() -> int:
    """Discards buffered output, which would raise again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return ExitCode.PIPE_CLOSED
