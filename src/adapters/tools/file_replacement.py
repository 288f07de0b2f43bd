"""Puts a file in the place of another, all or nothing."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_NEW_FILE_MODE = 0o644


def replace_file(path: Path, content: bytes) -> None:
    """A reader never sees half a file, nor does a full disk leave one."""
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
    """Of what is there, if that is a file; a link that came there meanwhile is not followed."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return _NEW_FILE_MODE
    return stat.S_IMODE(found) & 0o777 if stat.S_ISREG(found) else _NEW_FILE_MODE
