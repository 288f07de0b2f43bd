"""A file that takes up room on the disk so that it can be given up for the last words of tasks."""

import os
from contextlib import suppress
from pathlib import Path

_PART = 16  # of the disk
_LEAST_BYTES = 256 * 1024
_MOST_BYTES = 8 * 1024 * 1024


class Reserve:
    """Its size follows the disk: 256 KiB up to 4 MiB, and 8 MiB from 128 MiB on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "reserve"

    def is_whole(self) -> bool:
        with suppress(OSError):
            return self._file.stat().st_size >= self.size()
        return False

    def size(self) -> int:
        """Raises OSError."""
        disk = os.statvfs(self.folder)
        part = disk.f_blocks * disk.f_frsize // _PART
        return max(_LEAST_BYTES, min(_MOST_BYTES, part))

    def make(self) -> bool:
        """Whether it is there now."""
        if self.is_whole():
            return True
        try:
            fd = os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(fd, 0, self.size())
            finally:
                os.close(fd)
        except OSError:
            self.spend()
            return False
        return True

    def spend(self) -> None:
        with suppress(OSError):
            self._file.unlink()
