"""The command `agentcast`: its commands, each imported when it is used, and how it ends."""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from domain.errors import AgentcastError, InvalidInput
from entrypoints.cli.checks import utf8
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import CommandFailure
from entrypoints.cli.output import Output, process_output

_NEW_OBJECTS = 100_000  # that may live before garbage is looked for among them
_WATCH = """Watch events as they come; reconnects by itself and misses none.

With --task the exit code says how the task ended. Ctrl-C ends the watching, not the task."""
_EXEC = """Run a command as an agent in the current directory; exit with its code.

As from a shell, the code is 127 for a command that does not exist, 126 for one that cannot be
executed, and 128 + N for one that was ended by signal N."""
_EXTRACT = """Print what extraction rules find in the standard input.

The rules are those of --rules FILE, as [[rules]] in toml or a list in JSON, and the built-in ones
named by --rule."""
_AGENTS = """List the agents there are, and whether their programs are installed.

Those of the settings here; with --server those of a server, with what was added to it."""
_RETRY = """Submit a task that has ended once more, and watch the new one to its end."""
_APPROVE = """List what agents ask - approvals, and questions in words - or allow it.

Whoever answers first is heard. A question in words is answered with agentcast answer."""
_ANSWER = """Answer a question of an agent in words; without a task, list what agents ask.

Text for a program that reads its input is typed there."""
_LOG = """Print the whole output of a task, or of one tool call, as far as it is kept."""
_SCREEN = """Show what the terminal of a task shows, now or as it changes."""
_INPUT = """Type to a task, send it a signal, or give its terminal another size."""
_EXPORT = """Write all that the log holds of a session, one event a line."""
_COMPLETION = """Install completion of verbs and options for bash, zsh or fish."""
_COMMANDS = (
    ("Here", "run", "run:run", "Carry out a task in this process, without a server."),
    ("Here", "exec", "exec:exec_command", _EXEC),
    ("Here", "extract", "extract:extract", _EXTRACT),
    ("Here", "serve", "serve:serve", "Serve HTTP and carry out what is submitted."),
    ("At a server", "submit", "submit:submit", "Submit a task and watch it to its end."),
    ("At a server", "retry", "submit:retry", _RETRY),
    ("At a server", "watch", "watch:watch", _WATCH),
    ("At a server", "cancel", "cancel:cancel", "Cancel a task."),
    ("At a server", "pause", "pause:pause", "Have a task rest before its next step."),
    ("At a server", "resume", "pause:resume", "Have a paused task go on."),
    ("At a server", "approve", "approve:approve", _APPROVE),
    ("At a server", "answer", "approve:answer", _ANSWER),
    ("At a server", "log", "transcripts:log", _LOG),
    ("At a server", "screen", "terminal:screen", _SCREEN),
    ("At a server", "input", "terminal:give_input", _INPUT),
    ("At a server", "export", "transcripts:export", _EXPORT),
    ("At a server", "tasks", "listings:tasks", "List tasks."),
    ("At a server", "sessions", "listings:sessions", "List sessions."),
    ("This machine", "agents", "agents:agents", _AGENTS),
    ("This machine", "doctor", "doctor:doctor", "Check what this machine has and lacks."),
    ("This machine", "db", "db:db", "Upgrade, check or back up the database."),
)


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
    """One line that names the verb and what is wrong with its arguments."""
    verb = " ".join(("agentcast", *(error.command_chain or ())))
    said = str(error)
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        said = f"Unexpected argument: {' '.join(map(repr, error.unused_tokens))}."
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
        version=lambda: version("agentcast"),
        default_parameter=Parameter(negative=(), show_default=_shown_default),
        result_action="return_value",
    )
    app.register_install_completion_command(help=_COMPLETION)
    for group, name, place, text in _COMMANDS:
        app.command(f"entrypoints.cli.{place}", name=name, help=text, group=group)
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
