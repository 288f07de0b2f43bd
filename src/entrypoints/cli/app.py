"""The command `agentcast`: its commands, each imported when it is used, and how it ends."""

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
from entrypoints.cli.checks import utf8
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import CommandFailure
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.verbs import COMPLETION, EXIT_CODES, VERBS

_TAKE_TEXT = frozenset({"run", "submit", "answer", "input"})
_METADATA = "--metadata"
_NEW_OBJECTS = 100_000  # that may live before garbage is looked for among them


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; every failure is one line, with a traceback on request only."""
    output = process_output()
    try:
        given = utf8(sys.argv[1:] if arguments is None else arguments)
        with _no_garbage():
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
        return _told(output, _first_cause(error))


def argument_mistake(error: CycloptsError) -> str:
    """One line that names the verb, what is wrong with its arguments, and what may be meant."""
    chain = tuple(error.command_chain or ())
    verb = " ".join(("agentcast", *chain))
    said = str(error)
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        said = f"Unexpected argument: {' '.join(map(repr, error.unused_tokens))}."
        if _TAKE_TEXT & set(chain):
            said += " Put a text with spaces into quotes."
    elif error.argument is not None and error.argument.name == _METADATA:
        said = f"Give a name and a value: {_METADATA}.NAME VALUE."
    elif isinstance(error, UnknownOptionError) and chain == ("exec",):
        said += " Put the command and its options after --."
    return f"{verb}: {said} (see {verb} --help)"


@contextmanager
def _no_garbage() -> Iterator[None]:
    """For the loading of a command's modules: all of it stays, and there is much to go through."""
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
    for group, name, place, text in VERBS:
        app.command(f"entrypoints.cli.commands.{place}", name=name, help=text, group=group)
    return app


def _shown_default(value: object) -> str | None:
    """That a flag is not set goes without saying."""
    return None if value in (None, False, ()) else str(value)


def _code(result: object) -> int:
    return result if isinstance(result, int) else ExitCode.COMPLETED


def _first_cause(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _told(output: Output, error: Exception) -> int:
    if isinstance(error, BrokenPipeError):
        return _without_a_reader()
    said = str(error) if isinstance(error, AgentcastError) else f"{type(error).__name__}: {error}"
    output.notice(f"agentcast: {said}")
    if isinstance(error, CommandFailure):
        return error.exit_code
    return ExitCode.USAGE if isinstance(error, InvalidInput) else ExitCode.FAILED


def _without_a_reader() -> int:
    """Whatever is still buffered goes nowhere, so that leaving does not complain either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return ExitCode.PIPE_CLOSED
