"""Starts a program in a session of its own, with pipes or under a terminal of its own."""

import os
import subprocess
import termios
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from adapters.process.child_reaper import oom_score_script
from adapters.process.resource_limits import descriptor_script, file_script, memory_script
from domain.errors import StartFailed
from domain.process_events import OutputStream
from ports.process import Command

_OUTPUT_FLAGS = 1
# The first terminal that a session leader opens becomes its controlling terminal.
_OPEN_TERMINAL = 'exec <>"$0" >&0 2>&0; '
_CLOSE_INPUT = "exec </dev/null; "
_EXEC = 'exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    popen: subprocess.Popen[bytes]
    outputs: Mapping[OutputStream, int]
    """Non-blocking descriptors to read from; the caller closes them."""
    input_fd: int | None = None
    """Non-blocking, its standard input; the caller closes it."""
    control_fd: int | None = None
    """A duplicate of our side of the terminal, for its size and signals; the caller closes it."""
    terminal_fd: int | None = None
    """The process' side of the terminal, kept open so that reading does not fail before the process
    has opened it; the caller closes it."""


def launch(
    argv: Sequence[str],
    *,
    command: Command,
    environment: Mapping[str, str],
    kept_fds: Collection[int] = (),
) -> Launched:
    """Start the program. Raises StartFailed and then leaves no descriptor open.

    Blocks for a few milliseconds until the program is loaded. It runs on the caller's thread
    because --die-with-parent kills a sandbox when the thread that started it ends.
    """
    start = _launch_in_terminal if command.pty else _launch_with_pipes
    try:
        return start(argv, command, environment, kept_fds)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StartFailed(f"cannot start {argv[0]!r}: {reason}") from error


def reads_input(command: Command) -> bool:
    """Whether its standard input is not simply empty."""
    return command.stdin == "open" or command.input_text is not None


def _launch_with_pipes(
    argv: Sequence[str],
    command: Command,
    environment: Mapping[str, str],
    kept_fds: Collection[int],
) -> Launched:
    with ExitStack() as on_failure, ExitStack() as always:
        read_out, write_out = _pipe(reading=on_failure, writing=always)
        read_err, write_err = _pipe(reading=on_failure, writing=always)
        stdin, input_fd = subprocess.DEVNULL, None
        if reads_input(command):
            stdin, input_fd = _pipe(reading=always, writing=on_failure)
        launcher = ["/bin/sh", "-c", _preparation(command) + _EXEC, "sh", *argv]
        popen = _popen(launcher, command, environment, (stdin, write_out, write_err), kept_fds)
        for fd in (read_out, read_err, *(() if input_fd is None else (input_fd,))):
            os.set_blocking(fd, False)
        on_failure.pop_all()
        outputs: Mapping[OutputStream, int] = {"stdout": read_out, "stderr": read_err}
        return Launched(popen=popen, outputs=outputs, input_fd=input_fd)


def _launch_in_terminal(
    argv: Sequence[str],
    command: Command,
    environment: Mapping[str, str],
    kept_fds: Collection[int],
) -> Launched:
    with ExitStack() as on_failure:
        ours, theirs = os.openpty()
        on_failure.callback(os.close, ours)
        on_failure.callback(os.close, theirs)
        _prepare(theirs, command)
        os.set_blocking(ours, False)
        control_fd = _copy(ours, on_failure)
        input_fd = _copy(ours, on_failure) if reads_input(command) else None
        script = _OPEN_TERMINAL + ("" if reads_input(command) else _CLOSE_INPUT)
        script += _preparation(command) + _EXEC
        launcher = ["/bin/sh", "-c", script, os.ttyname(theirs), *argv]
        popen = _popen(launcher, command, environment, (subprocess.DEVNULL,) * 3, kept_fds)
        on_failure.pop_all()
        return Launched(
            popen=popen,
            outputs={"pty": ours},
            input_fd=input_fd,
            control_fd=control_fd,
            terminal_fd=theirs,
        )


def _pipe(*, reading: ExitStack, writing: ExitStack) -> tuple[int, int]:
    read, write = os.pipe()
    reading.callback(os.close, read)
    writing.callback(os.close, write)
    return read, write


def _copy(fd: int, on_failure: ExitStack) -> int:
    copy = os.dup(fd)
    on_failure.callback(os.close, copy)
    return copy


def _preparation(command: Command) -> str:
    limits = memory_script(command.memory_bytes) + file_script(command.max_file_bytes)
    return oom_score_script() + descriptor_script() + limits


def _prepare(terminal_fd: int, command: Command) -> None:
    """Set its size, and keep line feeds as the program wrote them."""
    termios.tcsetwinsize(terminal_fd, (command.rows, command.columns))
    attributes = termios.tcgetattr(terminal_fd)
    attributes[_OUTPUT_FLAGS] &= ~termios.ONLCR
    termios.tcsetattr(terminal_fd, termios.TCSANOW, attributes)


def _popen(
    argv: Sequence[str],
    command: Command,
    environment: Mapping[str, str],
    streams: tuple[int, int, int],
    kept_fds: Collection[int],
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        cwd=command.cwd,
        env=environment,
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        pass_fds=kept_fds,
        start_new_session=True,
    )
