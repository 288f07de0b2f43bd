"""Starts a program in a session of its own, with pipes or under a terminal of its own."""

import os
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from adapters.process.adoption import branding_script
from adapters.process.descriptor_limit import descriptor_script
from domain.errors import StartFailed
from domain.process_events import OutputStream

_ROWS, _COLUMNS = 40, 120
_OUTPUT_FLAGS = 1
# The first terminal that the leader of a new session opens becomes its controlling terminal.
_OPEN_TERMINAL = 'exec <>"$0" >&0 2>&0; '
_EXEC = 'exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    popen: subprocess.Popen[bytes]
    outputs: Mapping[OutputStream, int]
    """Non-blocking descriptors to read from; whoever holds this closes them."""
    terminal_fd: int | None = None
    """The process' side of the terminal: open as long as nobody else may have opened it yet."""


def launch(
    argv: Sequence[str], *, cwd: str, environment: Mapping[str, str], pty: bool
) -> Launched:
    """Start the program. Raises StartFailed, and leaves no descriptor open then.

    It blocks for the few milliseconds until the program is loaded: on the caller's thread,
    because a sandbox that dies with its parent dies with the thread that started it.
    """
    start = _launch_in_terminal if pty else _launch_with_pipes
    try:
        return start(argv, cwd, environment)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StartFailed(f"cannot start {argv[0]!r}: {reason}") from error


def _launch_with_pipes(argv: Sequence[str], cwd: str, environment: Mapping[str, str]) -> Launched:
    with ExitStack() as on_failure, ExitStack() as always:
        read_out, write_out = os.pipe()
        on_failure.callback(os.close, read_out)
        always.callback(os.close, write_out)
        read_err, write_err = os.pipe()
        on_failure.callback(os.close, read_err)
        always.callback(os.close, write_err)
        launcher = ["/bin/sh", "-c", _preparation() + _EXEC, "sh", *argv]
        popen = _popen(launcher, cwd, environment, stdout=write_out, stderr=write_err)
        os.set_blocking(read_out, False)
        os.set_blocking(read_err, False)
        on_failure.pop_all()
        return Launched(popen=popen, outputs={"stdout": read_out, "stderr": read_err})


def _launch_in_terminal(argv: Sequence[str], cwd: str, environment: Mapping[str, str]) -> Launched:
    with ExitStack() as on_failure:
        ours, theirs = os.openpty()
        on_failure.callback(os.close, ours)
        on_failure.callback(os.close, theirs)
        _prepare(theirs)
        os.set_blocking(ours, False)
        script = _OPEN_TERMINAL + _preparation() + _EXEC
        launcher = ["/bin/sh", "-c", script, os.ttyname(theirs), *argv]
        nowhere = subprocess.DEVNULL
        popen = _popen(launcher, cwd, environment, stdout=nowhere, stderr=nowhere)
        on_failure.pop_all()
        return Launched(popen=popen, outputs={"pty": ours}, terminal_fd=theirs)


def _preparation() -> str:
    return branding_script() + descriptor_script()


def _prepare(terminal_fd: int) -> None:
    """A usual size, and line feeds that stay as the program wrote them."""
    termios.tcsetwinsize(terminal_fd, (_ROWS, _COLUMNS))
    attributes = termios.tcgetattr(terminal_fd)
    attributes[_OUTPUT_FLAGS] &= ~termios.ONLCR
    termios.tcsetattr(terminal_fd, termios.TCSANOW, attributes)


def _popen(
    argv: Sequence[str], cwd: str, environment: Mapping[str, str], *, stdout: int, stderr: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
