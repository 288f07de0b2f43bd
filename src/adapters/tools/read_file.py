"""The tool with which a model reads a text file."""

import asyncio
import os
import threading
from collections.abc import Mapping
from typing import BinaryIO

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed, tool_spec
from adapters.tools.bounded_text import MAX_CHARS, bounded
from adapters.tools.file_text import is_binary, open_regular
from adapters.tools.held_path import held_path
from adapters.tools.workspace_path import workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_MOST_BYTES = 4 * MAX_CHARS


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

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed(ReadFileArguments, arguments)
        given_up = threading.Event()
        try:
            return await asyncio.to_thread(_read, wanted, context.workspace, given_up)
        finally:
            given_up.set()


def _read(wanted: ReadFileArguments, workspace: str, given_up: threading.Event) -> ToolResult:
    path = workspace_path(workspace, wanted.path)
    try:
        with held_path(workspace, path) as held, open_regular(held, wanted.path) as file:
            if is_binary(file):
                size = os.fstat(file.fileno()).st_size
                return ToolResult(content=f"{wanted.path} is a binary file of {size} bytes.")
            return _lines(file, wanted, given_up)
    except FileNotFoundError as error:
        raise ToolError(f"path: there is no file {wanted.path!r}") from error
    except OSError as error:
        raise ToolError(f"path: cannot read {wanted.path!r}: {error.strerror}") from error


def _lines(file: BinaryIO, wanted: ReadFileArguments, given_up: threading.Event) -> ToolResult:
    """Reads no further than what is shown, however large the file, even of a single line."""
    for _ in range(wanted.first_line - 1):
        if not _skip_line(file, given_up):
            break
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


def _skip_line(file: BinaryIO, given_up: threading.Event) -> bool:
    while not given_up.is_set() and (part := file.readline(64 * 1024)):
        if part.endswith(b"\n"):
            return True
    return False
