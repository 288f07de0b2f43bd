"""Checks before a process is started that it can be, so that errors name the cause."""

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator, Mapping

from domain.errors import StartFailed
from ports.process import Command

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127  # as shells have it


def resolved_argv(command: Command, environment: Mapping[str, str]) -> list[str]:
    """The argv with full paths for the program and the home. Raises StartFailed."""
    for text in _texts(command):
        if "\0" in text:
            raise StartFailed("a command may not hold a NUL character")
    if not command.argv or not command.argv[0]:
        raise StartFailed("there is no command to start")
    if not os.path.isdir(command.cwd):
        raise StartFailed(f"there is no folder {command.cwd!r} to work in")
    program = _program(command, environment["PATH"])
    if _is_being_written(program):
        raise StartFailed(f"{command.argv[0]!r} is being written: text file busy")
    return [program, *_arguments(command, home=environment["HOME"])]


def _arguments(command: Command, *, home: str) -> Iterator[str]:
    for place, item in enumerate(command.argv[1:], 1):
        yield item.replace("{home}", home) if place in command.home_argv else item


def _texts(command: Command) -> Iterator[str]:
    yield from command.argv
    yield command.cwd
    for name, value in command.env.items():
        yield name
        yield value


def _program(command: Command, path: str) -> str:
    name = command.argv[0]
    if os.sep not in name:
        return _found(name, path)
    program = os.path.join(command.cwd, name)
    if not os.path.exists(program):
        raise StartFailed(f"there is no command {name!r}", exit_code=_NOT_FOUND)
    if not os.path.isfile(program) or not os.access(program, os.X_OK):
        raise StartFailed(f"{name!r} is not executable", exit_code=_NOT_EXECUTABLE)
    return os.path.abspath(program)


def _found(name: str, path: str) -> str:
    if found := shutil.which(name, path=path):
        return os.path.abspath(found)
    # `which` skips files without the x bit; they deserve an error of their own.
    if any(os.path.isfile(os.path.join(folder, name)) for folder in path.split(os.pathsep)):
        raise StartFailed(f"{name!r} is not executable", exit_code=_NOT_EXECUTABLE)
    raise StartFailed(f"there is no command {name!r} in the PATH", exit_code=_NOT_FOUND)


def _is_being_written(program: str) -> bool:
    """Whether a read lease is refused because someone has it open for writing; False if unknown."""
    try:
        with open(program, "rb", opener=_without_waiting) as file:
            # A writer that breaks the lease makes the kernel send this signal, ignored by default.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except (AttributeError, OSError):  # not Linux, or another user's file
        return False
    return False


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
