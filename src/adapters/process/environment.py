"""The environment of a process and its HOME: as little of the server's as possible."""

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path, PurePosixPath

from adapters.system.folder_trees import remove_tree
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command

TASK_MARKER = "AGENTCAST_TASK_ID"
_PASSED_ON = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME"})
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def process_environment(
    command: Command, *, server: Mapping[str, str], home: str
) -> dict[str, str]:
    """Of the server's variables only those listed above or named by the command are passed on."""
    passed = {name: value for name, value in server.items() if _is_passed_on(name, command)}
    return {
        "PATH": _DEFAULT_PATH,
        "TERM": "xterm-256color" if command.pty else "dumb",
        "PYTHONUNBUFFERED": "1",
        "HOME": home,
        **passed,
        **command.env,
        TASK_MARKER: command.task_id,
    }


def marker_of(task_id: TaskId) -> bytes:
    """`NAME=value` as found in the environment of every descendant of the task's processes."""
    return f"{TASK_MARKER}={task_id}".encode(errors="surrogateescape")


def _is_passed_on(name: str, command: Command) -> bool:
    return name in _PASSED_ON or name.startswith("LC_") or name in command.env_passthrough


@asynccontextmanager
async def private_home(command: Command) -> AsyncIterator[str]:
    """A new folder, removed on exit; or the one that the command names.

    Raises StartFailed if the files of the command cannot be written there.
    """
    if "HOME" in command.env:
        yield command.env["HOME"]
        return
    if command.home is not None:
        _put(command.home_files, command.home)
        yield command.home
        return
    folder = _made(command.task_id)
    try:
        _put(command.home_files, folder)
        yield folder
    finally:
        await asyncio.to_thread(remove_tree, Path(folder))


def remove_homes(tasks: Collection[TaskId]) -> None:
    """Remove the private homes of these tasks that a dead server left behind."""
    for task_id in tasks:
        for folder in Path(tempfile.gettempdir()).glob(_prefix(task_id) + "*"):
            if not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                remove_tree(folder)


def _made(task_id: TaskId) -> str:
    try:
        return tempfile.mkdtemp(prefix=_prefix(task_id))
    except OSError as error:
        raise StartFailed(f"cannot make a home for the command: {error.strerror}") from error


def _put(files: Mapping[str, str], home: str) -> None:
    for name, text in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise StartFailed(f"{name!r} is no path inside of the home folder")
        try:
            with _folder_of(path, home) as folder:
                _write(path.name, text, folder)
        except (OSError, ValueError) as error:
            raise StartFailed(f"cannot write {name!r} into the home folder: {error}") from error


@contextmanager
def _folder_of(path: PurePosixPath, home: str) -> Iterator[int]:
    """Opened component by component without following links, which an earlier task may have left."""
    folder = os.open(home, _FOLDER)
    try:
        for step in path.parts[:-1]:
            with suppress(FileExistsError):
                os.mkdir(step, 0o700, dir_fd=folder)
            inner = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _write(name: str, text: str, folder: int) -> None:
    # The existing file may be a pipe, and opening it would block forever.
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    fd = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)


def _prefix(task_id: TaskId) -> str:
    return f"agentcast-home-{re.sub('[^A-Za-z0-9_-]', '_', task_id)[:64]}-"
