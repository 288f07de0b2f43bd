"""The tool with which a model lists a folder."""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from heapq import nsmallest
from itertools import takewhile

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.bounded_text import bounded
from adapters.tools.workspace_path import pinned_folder, workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_MOST_ENTRIES = 1000


class ListDirectoryArguments(Arguments):
    path: str = Field(default=".", min_length=1, description="Relative to the workspace.")


class ListDirectoryTool:
    spec = tool_spec(
        "list_directory",
        "List a folder of the workspace by name; folders end with a slash, files show their size.",
        ListDirectoryArguments,
        effects=frozenset({"reads_private"}),
    )

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed_arguments(ListDirectoryArguments, arguments)
        cancelled = threading.Event()
        try:
            return await asyncio.to_thread(_list, wanted, context.workspace, cancelled)
        finally:
            cancelled.set()


def _list(
    wanted: ListDirectoryArguments, workspace: str, cancelled: threading.Event
) -> ToolResult:
    path = workspace_path(workspace, wanted.path)
    try:
        with pinned_folder(workspace, path) as folder, os.scandir(folder) as entries:
            scanned = takewhile(lambda _: not cancelled.is_set(), entries)
            # Keeps at most this many entries in memory.
            found = nsmallest(_MOST_ENTRIES + 1, scanned, key=lambda entry: entry.name)
            lines = "\n".join(_lines(found[:_MOST_ENTRIES]))
    except NotADirectoryError as error:
        raise ToolError(f"path: {wanted.path!r} is a file") from error
    except OSError as error:
        raise ToolError(f"path: cannot list {wanted.path!r}: {error.strerror}") from error
    if not found:
        return ToolResult(content="The folder is empty.")
    return bounded(lines, is_cut=len(found) > _MOST_ENTRIES)


def _lines(entries: list[os.DirEntry[str]]) -> Iterator[str]:
    for entry in entries:
        name = entry.name.encode(errors="replace").decode()
        if entry.is_symlink():
            yield f"{name}@"
        elif entry.is_dir():
            yield f"{name}/"
        else:
            with suppress(FileNotFoundError):  # removed meanwhile
                yield f"{name}  {entry.stat(follow_symlinks=False).st_size} bytes"
