"""Opens, replaces and locks files of a workspace."""

import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from weakref import WeakValueDictionary

from domain.errors import ToolError

MOST_FILE_BYTES = 8 * 1024 * 1024
"""The largest file that is edited or written."""
_PROBE_BYTES = 8192
_NEW_FILE_MODE = 0o644


def open_regular(path: Path, shown: str) -> BinaryIO:
    """Raises ToolError for anything but a regular file; never blocks on a named pipe."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise ToolError(f"path: there is no file {shown!r}") from error
    except OSError as error:
        raise ToolError(f"path: cannot read {shown!r}: {error.strerror}") from error
    mode = os.fstat(fd).st_mode
    if not stat.S_ISREG(mode):
        os.close(fd)
        kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        raise ToolError(f"path: {shown!r} is {kind}")
    return os.fdopen(fd, "rb")


def is_binary(file: BinaryIO) -> bool:
    """Whether its beginning has a NUL byte; rewinds the file."""
    probe = file.read(_PROBE_BYTES)
    file.seek(0)
    return b"\0" in probe


def replace_file(path: Path, content: bytes) -> None:
    """Atomically, by renaming: readers and a full disk never leave half a file."""
    mode = _mode(path)
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=".agentcast-")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _mode(path: Path) -> int:
    """The mode of the existing file; links are not followed."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return _NEW_FILE_MODE
    return stat.S_IMODE(found) & 0o777 if stat.S_ISREG(found) else _NEW_FILE_MODE


class _FileLock:
    """Exists as long as it is held or waited for."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_LOCKS: WeakValueDictionary[Path, _FileLock] = WeakValueDictionary()
_LOCKS_GUARD = threading.Lock()


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Only one call at a time changes a file, although calls run concurrently."""
    with _LOCKS_GUARD:
        held = _LOCKS.setdefault(path, _FileLock())
    with held.lock:
        yield
