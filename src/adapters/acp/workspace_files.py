"""Reads and writes files for an agent, in its workspace alone."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, Literal

from adapters.acp.agent_trouble import AgentTrouble

_MOST_BYTES = 16 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class WorkspaceFiles:
    """Links are followed once, by name; a path that changes under way is refused.

    The agent runs meanwhile, and may be in a sandbox that this server is not in.
    """

    def __init__(self, workspace: str) -> None:
        self._workspace = workspace

    def read(self, path: str, *, line: int | None = None, limit: int | None = None) -> str:
        """From a line, counted from 1, so many of them. Raises AgentTrouble."""
        with self._explained(path):
            data = self._data(path)
        text = data.decode(errors="replace")
        if line is None and limit is None:
            return text
        start = _after_lines(text, 0, max((line or 1) - 1, 0))
        stop = len(text) if limit is None else _after_lines(text, start, max(limit, 0))
        return text[start:stop]

    def write(self, path: str, content: str) -> None:
        """Its folders are made as well. Raises AgentTrouble."""
        with self._explained(path), self._folder_of(path, is_made=True) as (folder, name):
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with _file(os.open(name, flags, 0o666, dir_fd=folder), "wb") as file:
                file.truncate(0)
                file.write(content.encode(errors="replace"))

    def _data(self, path: str) -> bytes:
        with self._folder_of(path, is_made=False) as (folder, name):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with _file(os.open(name, flags, dir_fd=folder), "rb") as file:
                data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise AgentTrouble(f"{path!r} has more than {_MOST_BYTES} bytes")
        return data

    @contextmanager
    def _folder_of(self, path: str, *, is_made: bool) -> Iterator[tuple[int, str]]:
        """The open folder of a file, reached step by step from the workspace, and its name."""
        root = Path(self._workspace).resolve()
        *folders, name = _inside(root, path).parts
        folder = os.open(root, _FOLDER)
        try:
            for step in folders:
                if is_made:
                    _make(step, folder)
                inner = os.open(step, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder, name
        finally:
            os.close(folder)

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise AgentTrouble(f"{path!r}: {reason}") from error


def _inside(root: Path, path: str) -> PurePath:
    resolved = (root / path).resolve()
    if not resolved.is_relative_to(root):
        raise AgentTrouble(f"{path!r} is outside the workspace")
    if resolved == root:
        raise AgentTrouble(f"{path!r} is no file")
    return resolved.relative_to(root)


def _after_lines(text: str, at: int, count: int) -> int:
    """Where the line after so many begins. Editors count by line feeds, not by form feeds."""
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
    """Neither a folder, nor a pipe that nobody writes to."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)  # `open` would fail for a folder, and leave it open
        raise ValueError("not a file")
    return open(descriptor, mode)
