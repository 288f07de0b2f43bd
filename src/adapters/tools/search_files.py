"""The tool with which a model finds files by name, and lines by what they hold."""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed, tool_spec
from adapters.tools.bounded_text import bounded
from adapters.tools.file_text import is_binary, open_regular
from adapters.tools.held_path import held_path
from adapters.tools.workspace_path import shown_path, workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__"})
_MOST_RESULTS = 500
_LINE_BYTES = 64 * 1024
_LINE_CHARS = 400


class SearchFilesArguments(Arguments):
    pattern: str = Field(
        default="*", min_length=1, description="A glob for file names: *.py, or src/*.py."
    )
    text: str | None = Field(
        default=None, min_length=1, description="Only lines that hold this text, case and all."
    )
    path: str = Field(default=".", min_length=1, description="The folder to search in.")


class SearchFilesTool:
    spec = tool_spec(
        "search_files",
        "Find files of the workspace by name, in all folders below; with `text`, find lines.",
        SearchFilesArguments,
        effects=frozenset({"reads_private"}),
    )

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed(SearchFilesArguments, arguments)
        given_up = threading.Event()
        try:
            return await asyncio.to_thread(_search, wanted, context.workspace, given_up)
        finally:
            given_up.set()


def _search(wanted: SearchFilesArguments, workspace: str, given_up: threading.Event) -> ToolResult:
    top = workspace_path(workspace, wanted.path)
    if not top.is_dir():
        raise ToolError(f"path: there is no folder {wanted.path!r}")
    files = (path for path in _files(top, given_up) if _matches(path, wanted.pattern, workspace))
    results = (line for path in files for line in _results(path, wanted.text, workspace, given_up))
    found = list(islice(results, _MOST_RESULTS + 1))
    if not found:
        return ToolResult(content="Nothing was found.")
    return bounded("\n".join(found[:_MOST_RESULTS]), is_cut=len(found) > _MOST_RESULTS)


def _files(top: Path, given_up: threading.Event) -> Iterator[Path]:
    """In the order of their names, the same every time; links to folders are not followed."""
    for folder, folders, names in os.walk(top):
        if given_up.is_set():
            return
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            if given_up.is_set():
                return
            yield Path(folder, name)


def _matches(path: Path, pattern: str, workspace: str) -> bool:
    pattern = pattern.removeprefix("./").removeprefix("**/")
    name = shown_path(workspace, path) if "/" in pattern else path.name
    return fnmatchcase(name, pattern)


def _results(
    path: Path, text: str | None, workspace: str, given_up: threading.Event
) -> Iterator[str]:
    shown = shown_path(workspace, path).encode(errors="replace").decode()
    if text is None:
        yield shown
        return
    wanted = text.encode(errors="replace")
    try:
        with held_path(workspace, path) as held, open_regular(held, shown) as file:
            if is_binary(file):
                return
            # A line that is longer comes in parts, so that no file can fill the memory.
            for number, line in enumerate(iter(lambda: file.readline(_LINE_BYTES), b""), 1):
                if given_up.is_set():
                    return
                if wanted in line:
                    yield f"{shown}:{number}: {_line(line)}"
    except (ToolError, OSError):  # one that cannot be read does not end the search
        return


def _line(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r\n")[:_LINE_CHARS]
