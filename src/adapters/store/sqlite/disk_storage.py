"""Watches the disks that hold the data directory and the database, and keeps a reserve on them."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from adapters.store.database import Database
from adapters.store.sqlite.engine import free_bytes
from ports.storage import StorageTrouble

_PART = 16  # a 16th of the disk
_LEAST_BYTES = 256 * 1024
_MOST_BYTES = 8 * 1024 * 1024


class Reserve:
    """A file that takes up room, which is given up for the last events of tasks.

    Its size follows the disk: 256 KiB up to 4 MiB, and 8 MiB from 128 MiB on.
    """

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
        """Take the room; False if there is not enough."""
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


class DiskStorage:
    """A disk is full when less is free, beside the reserve, than the size of the reserve.

    Once it was full or a write was refused, twice as much must be free for it to count as well
    again. What the file system keeps for root is not free.
    """

    def __init__(self, *, folders: Sequence[Path], reserve: Reserve, database: Database) -> None:
        self._folders = folders
        self._reserve = reserve
        self._database = database
        self._was_full = self._has_looked = False

    async def look(self, *, is_refused: bool = False) -> StorageTrouble | None:
        self._was_full |= is_refused
        if not self._has_looked:
            await asyncio.to_thread(self._make_folders)
            self._has_looked = True
        if (lost := self._database.lost()) is not None:
            return StorageTrouble(kind="store_lost", message=lost)
        try:
            free, wanted, is_reserved = await asyncio.to_thread(self._room)
            if free < wanted or self._was_full:  # also once when it is over
                await self._database.make_room()
                free, wanted, is_reserved = await asyncio.to_thread(self._room)
        except OSError as error:
            message = f"{error.filename}: {error.strerror}"
            return StorageTrouble(kind="store_lost", message=message)
        is_reserved = is_reserved or (
            free >= wanted and await asyncio.to_thread(self._reserve.make)
        )
        self._was_full = free < wanted or not is_reserved
        if not self._was_full:
            return None
        return StorageTrouble(
            kind="storage_full",
            message=f"the disk is full: {free // 1024} KiB are left, {wanted // 1024} are needed",
        )

    async def spend_reserve(self) -> None:
        await asyncio.to_thread(self._reserve.spend)
        await self._database.make_room()

    def _make_folders(self) -> None:
        with suppress(OSError):  # the look that follows reports it
            for folder in self._folders:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _room(self) -> tuple[int, int, bool]:
        """Bytes free, bytes needed, and whether the reserve is there. Raises OSError."""
        size, is_reserved = self._reserve.size(), self._reserve.is_whole()
        shares = 1 + self._was_full + (not is_reserved)
        return min(map(free_bytes, self._folders)), size * shares, is_reserved
