"""The files that hold one task's output: numbered halves, of which the last two are kept."""

import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_SUFFIX = ".log"
_PIECE_BYTES = 64 * 1024


class TaskOutput:
    """Blocking, for one thread at a time to write; any number may read meanwhile."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self._half_bytes = max(1, max_bytes // 2)

    def append(self, data: bytes) -> None:
        """A text whole, so that no half begins within a character. Raises OSError."""
        fd = self._opened(self._room_for(len(data)))
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(fd, left) :]
        finally:
            os.close(fd)

    def has_beginning(self) -> bool:
        return self._numbers()[:1] in ([], [0])

    def pieces(self) -> Generator[bytes]:
        """What there is when the first piece is asked for."""
        opened: list[tuple[int, int]] = []
        try:
            for number in self._numbers():
                with suppress(FileNotFoundError):  # it had to make room just now
                    fd = os.open(self._half(number), os.O_RDONLY | os.O_CLOEXEC)
                    opened.append((fd, os.fstat(fd).st_size))
            for fd, size in opened:
                yield from _read(fd, size)
        finally:
            for fd, _ in opened:
                os.close(fd)

    def size(self) -> int:
        return sum(_size(path) for path in self._halves())

    def changed_at(self) -> float:
        """Seconds since 1970; of a task that wrote nothing, when it was begun."""
        return max(map(_changed_at, (self.folder, *self._halves())))

    def remove(self) -> int:
        """How many bytes went."""
        freed = 0
        for path in self._halves():
            freed += _size(path)
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()
        return freed

    def _room_for(self, count: int) -> int:
        """The number of the half to write to; what is older than the one before it goes."""
        numbers = self._numbers()
        last = numbers[-1] if numbers else 0
        if not numbers or _size(self._half(last)) + count <= self._half_bytes:
            return last
        for number in numbers[:-1]:
            self._half(number).unlink(missing_ok=True)
        return last + 1

    def _opened(self, number: int) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(self._half(number), flags, _PRIVATE_FILE)
        except FileNotFoundError:
            self.folder.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            return os.open(self._half(number), flags, _PRIVATE_FILE)

    def _half(self, number: int) -> Path:
        return self.folder / f"{number}{_SUFFIX}"

    def _halves(self) -> list[Path]:
        return [self._half(number) for number in self._numbers()]

    def _numbers(self) -> list[int]:
        try:
            names = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        stems = (name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))
        return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())


def _read(fd: int, size: int) -> Generator[bytes]:
    while size > 0 and (piece := os.read(fd, min(size, _PIECE_BYTES))):
        yield piece
        size -= len(piece)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
