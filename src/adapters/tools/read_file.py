"""The tool with which a model reads a text file."""

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import BinaryIO

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.bounded_text import MAX_CHARS, bounded
from adapters.tools.workspace_files import is_binary, open_regular
from adapters.tools.workspace_path import pinned_path, workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_MOST_BYTES = 4 * MAX_CHARS
_MOST_SKIPPED = 1024**3  # a sparse file can claim any length
_BLOCK_BYTES = 256 * 1024


class ReadFileArguments(Arguments):
    path: str = Field(min_length=1, description="The file, relative to the workspace.")
    first_line: int = Field(default=1, ge=1, description="Where to begin; lines count from 1.")
    max_lines: int | None = Field(default=None, ge=1, description="How many lines at most.")


class ReadFileTool:
    spec = tool_spec(
        "read_file",
        "Read a text file of the workspace.",
        ReadFileArguments,
        effects=frozenset({"reads_private"}),
    )

    def __init__(self, *, most_skipped: int = _MOST_SKIPPED) -> None:
        """`most_skipped`: bytes to scan before the first wanted line."""
        self._most_skipped = most_skipped

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed_arguments(ReadFileArguments, arguments)
        skip = _LineSkipper(most_bytes=self._most_skipped)
        try:
            return await asyncio.to_thread(_read, wanted, context.workspace, skip)
        finally:
            skip.cancelled.set()


class _LineSkipper:
    """Skips lines until cancelled from another thread."""

    def __init__(self, *, most_bytes: int) -> None:
        self.cancelled = threading.Event()
        self._most_bytes = most_bytes

    def lines(self, file: BinaryIO, count: int) -> None:
        """The file is positioned after them, or at its end if it has fewer."""
        looked = 0
        while count and not self.cancelled.is_set() and (block := file.read(_BLOCK_BYTES)):
            found = block.count(b"\n")
            if found >= count:
                at = -1
                for _ in range(count):
                    at = block.index(b"\n", at + 1)
                file.seek(at + 1 - len(block), os.SEEK_CUR)
                return
            count -= found
            looked += len(block)
            if looked >= self._most_bytes:
                raise ToolError(f"first_line: it is more than {self._most_bytes} bytes further on")


def _read(wanted: ReadFileArguments, workspace: str, skip: _LineSkipper) -> ToolResult:
    path = workspace_path(workspace, wanted.path)
    try:
        with pinned_path(workspace, path) as pinned, open_regular(pinned, wanted.path) as file:
            if is_binary(file):
                size = os.fstat(file.fileno()).st_size
                return ToolResult(content=f"{wanted.path} is a binary file of {size} bytes.")
            skip.lines(file, wanted.first_line - 1)
            return _lines(file, wanted)
    except FileNotFoundError as error:
        raise ToolError(f"path: there is no file {wanted.path!r}") from error
    except OSError as error:
        raise ToolError(f"path: cannot read {wanted.path!r}: {error.strerror}") from error


def _lines(file: BinaryIO, wanted: ReadFileArguments) -> ToolResult:
    """Reads no more than is shown, even of a single huge line."""
    taken = bytearray()
    count = 0
    while len(taken) < _MOST_BYTES and count != wanted.max_lines:
        line = file.readline(_MOST_BYTES - len(taken))
        if not line:
            break
        taken += line
        count += 1
    is_cut = count != wanted.max_lines and bool(file.read(1))
    return bounded(taken.decode(errors="replace"), is_cut=is_cut)
