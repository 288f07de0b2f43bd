"""The files of one task's output: numbered halves, of which the last two are kept."""

import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ports.output_archive import OutputSource

Part = tuple[OutputSource | None, bytes]

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_TEXT, _SPANS = ".log", ".calls"
_PIECE_BYTES = 64 * 1024
_LONGEST_NAME = 200


class Span(NamedTuple):
    """A part of a half that one call wrote; a line of JSON in the file beside it."""

    call_id: str
    since: int
    """How many bytes the call had written before."""
    at: int
    length: int


class TaskOutput:
    """Blocking. One thread may write at a time, while any number read."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self._half_bytes = max(1, max_bytes // 2)
        self._last: OutputSource | None = None
        self._last_number = -1
        self._written: dict[str, int] = {}

    def append(self, parts: Sequence[Part]) -> None:
        """No part is split, so that no half begins within a character. Raises OSError."""
        number = self._room_for(sum(len(data) for _, data in parts))
        fd = self._opened(number, _TEXT)
        try:
            data, spans = self._laid_out(parts, number, fd)
            _write_all(fd, data)
        finally:
            os.close(fd)
        if spans:
            self._append_spans(number, spans)

    def has_call(self, call_id: str) -> bool:
        return any(self._spans_of(call_id, number) for number in self._numbers())

    def has_beginning(self, call_id: str | None = None) -> bool:
        if call_id is None or not (spans := self._spans(call_id)):
            return self._numbers()[:1] in ([], [0])
        return spans[0][1].since == 0

    def pieces(self, call_id: str | None = None) -> Generator[bytes]:
        """The output at the time when the first piece is asked for."""
        opened: dict[int, int] = {}
        try:
            spans = None if call_id is None else self._spans(call_id)
            for number in self._numbers():
                with suppress(FileNotFoundError):  # it was just removed to make room
                    opened[number] = os.open(self._half(number), os.O_RDONLY | os.O_CLOEXEC)
            if spans is None:
                sizes = [(fd, os.fstat(fd).st_size) for fd in opened.values()]
                parts = [(fd, 0, size) for fd, size in sizes]
            else:
                parts = [(opened[n], s.at, s.length) for n, s in spans if n in opened]
            for fd, at, size in parts:
                yield from _read(fd, at, size)
        finally:
            for fd in opened.values():
                os.close(fd)

    def size(self, call_id: str | None = None) -> int:
        if call_id is not None:
            return sum(span.length for _, span in self._spans(call_id))
        return sum(_size(self._half(number)) for number in self._numbers())

    def disk_bytes(self) -> int:
        return sum(map(_size, self._files()))

    def changed_at(self) -> float:
        """Seconds since 1970; for a task that wrote nothing, when its folder was made."""
        return max(map(_changed_at, (self.folder, *self._files())))

    def remove(self) -> int:
        """Returns how many bytes were freed."""
        freed = 0
        for path in self._files():
            freed += _size(path)
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()
        return freed

    def _laid_out(
        self, parts: Sequence[Part], number: int, fd: int
    ) -> tuple[bytes, Sequence[Span]]:
        """The parts as one text, with a heading wherever the source changes."""
        begin = os.fstat(fd).st_size
        pieces: list[bytes] = []
        spans: list[Span] = []
        length, is_new_line = 0, begin == 0 or self._ends_line(number, begin)
        for source, data in parts:
            is_another = source != self._last or number != self._last_number
            if source is not None and data and is_another:
                pieces.append(_heading(source, is_new_line=is_new_line))
                length += len(pieces[-1])
            if data:
                self._last, self._last_number = source, number
                is_new_line = data.endswith(b"\n")
            if source is not None and source.call_id is not None:
                since = self._written.get(source.call_id, 0) if data else 0
                spans.append(Span(source.call_id, since, begin + length, len(data)))
                self._written[source.call_id] = since + len(data)
            pieces.append(data)
            length += len(data)
        return b"".join(pieces), spans

    def _ends_line(self, number: int, size: int) -> bool:
        with self._half(number).open("rb") as file:
            file.seek(size - 1)
            return file.read(1) == b"\n"

    def _append_spans(self, number: int, spans: Sequence[Span]) -> None:
        """Written after the text, so that no span names text that is missing."""
        fd = self._opened(number, _SPANS)
        try:
            # The first newline ends a line that a crash may have cut off.
            _write_all(fd, "".join(f"\n{json.dumps(span)}" for span in spans).encode() + b"\n")
        finally:
            os.close(fd)

    def _spans(self, call_id: str) -> Sequence[tuple[int, Span]]:
        """Of the newest call with this id, each with the number of its half."""
        found = [(n, span) for n in self._numbers() for span in self._spans_of(call_id, n)]
        begins = [place for place, (_, span) in enumerate(found) if span.since == 0]
        return found[begins[-1] :] if begins else found

    def _spans_of(self, call_id: str, number: int) -> Sequence[Span]:
        try:
            lines = self._half(number, _SPANS).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        beginning = f"[{json.dumps(call_id)}, ".encode()
        return list(_whole(line for line in lines if line.startswith(beginning)))

    def _room_for(self, count: int) -> int:
        """The number of the half to write to. A new one removes all but the one before it."""
        numbers = self._numbers()
        last = numbers[-1] if numbers else 0
        if not numbers or _size(self._half(last)) + count <= self._half_bytes:
            return last
        for number in numbers[:-1]:
            for suffix in (_TEXT, _SPANS):
                self._half(number, suffix).unlink(missing_ok=True)
        return last + 1

    def _opened(self, number: int, suffix: str) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(self._half(number, suffix), flags, _PRIVATE_FILE)
        except FileNotFoundError:
            _make_private(self.folder)
            return os.open(self._half(number, suffix), flags, _PRIVATE_FILE)

    def _half(self, number: int, suffix: str = _TEXT) -> Path:
        return self.folder / f"{number}{suffix}"

    def _files(self) -> Iterator[Path]:
        for number in self._numbers():
            yield self._half(number)
            yield self._half(number, _SPANS)

    def _numbers(self) -> list[int]:
        try:
            names = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        stems = (name.removesuffix(_TEXT) for name in names if name.endswith(_TEXT))
        return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())


def _make_private(folder: Path) -> None:
    if not folder.parent.is_dir():
        _make_private(folder.parent)
    folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def _heading(source: OutputSource, *, is_new_line: bool) -> bytes:
    """As `tail` prints it between files. Names come from agents: they are kept to one line."""
    names = (source.name, source.call_id or "")
    shown = " ".join(
        "".join(c if c.isprintable() else "?" for c in name) for name in names if name
    )
    return f"{'' if is_new_line else chr(10)}==> {shown[:_LONGEST_NAME]} <==\n".encode(
        errors="replace"
    )


def _whole(lines: Iterator[bytes]) -> Iterator[Span]:
    for line in lines:
        with suppress(ValueError, TypeError):  # a crash has cut it off
            yield Span(*json.loads(line))


def _write_all(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _read(fd: int, at: int, size: int) -> Generator[bytes]:
    while size > 0 and (piece := os.pread(fd, min(size, _PIECE_BYTES), at)):
        yield piece
        at += len(piece)
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
