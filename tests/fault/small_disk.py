"""A disk of a few megabytes, and those who fill it."""

import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import anyio

_PIECE = 64 * 1024
_LAST = 4096


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._other_file = folder / "other"

    @property
    def free(self) -> int:
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize

    def leave(self, free: int) -> None:
        """Somebody else uses the rest of this disk."""
        with self._other_file.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, self.free - free))

    def fill(self) -> None:
        """To the last byte, as somebody else who uses this disk."""
        with self._other_file.open("ab", buffering=0) as file:
            for size in (_PIECE, _LAST):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def free_what_was_filled(self) -> None:
        self._other_file.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    folder.mkdir()
    options = f"size={megabytes}m,mode=0777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def seeded_chance() -> Random:
    """Its own in each run, which is shown when the test fails; the variable repeats one."""
    seed = os.environ.get("AGENTCAST_TEST_SEED") or str(secrets.randbits(32))
    sys.stdout.write(f"AGENTCAST_TEST_SEED={seed}\n")
    return Random(seed)


async def looks() -> AsyncIterator[None]:
    """When to look again at what no stream reports."""
    while True:
        yield
        await anyio.sleep(0.05)
