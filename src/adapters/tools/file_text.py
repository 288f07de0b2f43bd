"""Opens files of a workspace for reading, and tells text from what is none."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from domain.errors import ToolError

MOST_FILE_BYTES = 8 * 1024 * 1024
"""Of a file that is edited or written as a whole."""

_PROBE_BYTES = 8192


def open_regular(path: Path, shown: str) -> BinaryIO:
    """Raises ToolError for what is no regular file; never waits, as a named pipe would make it."""
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
    """Judged by its beginning, after which the file stands at its start again."""
    probe = file.read(_PROBE_BYTES)
    file.seek(0)
    return b"\0" in probe
