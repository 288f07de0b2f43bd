"""Reads and writes files of the workspace for an agent."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, Literal

from adapters.acp.messages import ProtocolError

_MOST_BYTES = 16 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class WorkspaceFiles:
    """Links are resolved once; a path that changes meanwhile is refused.

    The agent runs at the same time, and may be in a sandbox while this server is not.
    """

    def __init__(self, workspace: str) -> None:
        self._workspace = workspace

    def read(self, path: str, *, line: int | None = None, limit: int | None = None) -> str:
        """`limit` lines from `line`, counted from 1. Raises ProtocolError."""
        with self._errors_of(path):
            data = self._data(path)
        text = data.decode(errors="replace")
        if line is None and limit is None:
            return text
        start = _after_lines(text, 0, max((line or 1) - 1, 0))
        stop = len(text) if limit is None else _after_lines(text, start, max(limit, 0))
        return text[start:stop]

    def write(self, path: str, content: str) -> None:
        """Missing folders are created. Raises ProtocolError."""
        with self._errors_of(path), self._folder_of(path, create=True) as (folder, name):
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with _file(os.open(name, flags, 0o666, dir_fd=folder), "wb") as file:
                file.truncate(0)
                file.write(content.encode(errors="replace"))

    def _data(self, path: str) -> bytes:
        with self._folder_of(path, create=False) as (folder, name):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with _file(os.open(name, flags, dir_fd=folder), "rb") as file:
                data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ProtocolError(f"{path!r} has more than {_MOST_BYTES} bytes")
        return data

    @contextmanager
    def _folder_of(self, path: str, *, create: bool) -> Iterator[tuple[int, str]]:
        """The folder of a file, opened component by component from the workspace, and its name."""
        root = Path(self._workspace).resolve()
        *folders, name = _inside(root, path).parts
        folder = os.open(root, _FOLDER)
        try:
            for step in folders:
                if create:
                    _make(step, folder)
                inner = os.open(step, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder, name
        finally:
            os.close(folder)

    @contextmanager
    def _errors_of(self, path: str) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ProtocolError(f"{path!r}: {reason}") from error


def _inside(root: Path, path: str) -> PurePath:
    resolved = (root / path).resolve()
    if not resolved.is_relative_to(root):
        raise ProtocolError(f"{path!r} is outside the workspace")
    if resolved == root:
        raise ProtocolError(f"{path!r} is no file")
    return resolved.relative_to(root)


def _after_lines(text: str, at: int, count: int) -> int:
    """The offset after `count` line feeds."""
    for _ in range(count):
        if (end := text.find("\n", at)) < 0:
            return len(text)
        at = end + 1
    return at


def _make(step: str, folder: int) -> None:
    try:
        os.mkdir(step, dir_fd=folder)
    except FileExistsError:
        return


def _file(descriptor: int, mode: Literal["rb", "wb"]) -> BinaryIO:
    """Raises ValueError for anything but a regular file."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)  # `open` would fail for a folder without closing it
        raise ValueError("not a file")
    return open(descriptor, mode)
