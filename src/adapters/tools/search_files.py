"""The tool with which a model finds files by name, and lines by text."""

import asyncio
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.bounded_text import bounded
from adapters.tools.workspace_files import is_binary, open_regular
from adapters.tools.workspace_path import pinned_folder, shown_path, workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__"})
_MOST_RESULTS = 500
_MOST_ENTRIES = 200_000
_MOST_BYTES = 1024**3  # sparse files can claim any length
_MOST_DEPTH = 128  # each folder is opened through all its parents
_BLOCK_BYTES = 1024 * 1024
_LINE_BYTES = 64 * 1024
_LINE_CHARS = 400


class SearchFilesArguments(Arguments):
    pattern: str = Field(
        default="*",
        min_length=1,
        max_length=256,
        description="A glob for file names: *.py, or src/*.py.",
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

    def __init__(
        self, *, most_entries: int = _MOST_ENTRIES, most_bytes: int = _MOST_BYTES
    ) -> None:
        """Limits of one call: files and folders, and bytes of files."""
        self._most_entries = most_entries
        self._most_bytes = most_bytes

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        search = _Search(
            wanted=parsed_arguments(SearchFilesArguments, arguments),
            workspace=context.workspace,
            entries_left=self._most_entries,
            bytes_left=self._most_bytes,
        )
        try:
            return await asyncio.to_thread(search.run)
        finally:
            search.cancelled.set()


@dataclass(slots=True, kw_only=True)
class _Search:
    wanted: SearchFilesArguments
    workspace: str
    entries_left: int
    bytes_left: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    found: list[str] = field(default_factory=list)
    left_out: str | None = None
    """What was not searched, if anything."""

    def run(self) -> ToolResult:
        top = workspace_path(self.workspace, self.wanted.path)
        if not top.is_dir():
            raise ToolError(f"path: there is no folder {self.wanted.path!r}")
        folders = [(top, 0)]
        while folders and not self._is_over():
            folder, depth = folders.pop()
            below = self._look_into(folder)
            if below and depth == _MOST_DEPTH:
                self.left_out = f"folders more than {_MOST_DEPTH} levels down"
            else:
                folders += [(folder / name, depth + 1) for name in reversed(below)]
        return self._result()

    def _look_into(self, folder: Path) -> list[str]:
        """The folders in it by name; links to folders are not followed."""
        try:
            with pinned_folder(self.workspace, folder) as pinned:
                names, below = self._entries(pinned)
                shown = Path(shown_path(self.workspace, folder))
                for name in names:
                    if self._is_over():
                        break
                    if self._matches(shown / name):
                        self._add(pinned / name, shown / name)
        except OSError:  # an unreadable folder does not end the search
            return []
        return below

    def _entries(self, folder: Path) -> tuple[list[str], list[str]]:
        names: list[str] = []
        folders: list[str] = []
        with os.scandir(folder) as entries:
            for entry in islice(entries, self.entries_left + 1):
                if self.entries_left == 0:
                    self.left_out = "files beyond the most that a search looks at"
                if self._is_over():
                    break
                self.entries_left -= 1
                if not entry.is_dir():
                    names.append(entry.name)
                elif not entry.is_symlink() and entry.name not in _SKIPPED:
                    folders.append(entry.name)
        return sorted(names), sorted(folders)

    def _matches(self, path: Path) -> bool:
        pattern = self.wanted.pattern.removeprefix("./").removeprefix("**/")
        return fnmatchcase(path.as_posix() if "/" in pattern else path.name, pattern)

    def _add(self, pinned: Path, path: Path) -> None:
        shown = path.as_posix().encode(errors="replace").decode()
        if self.wanted.text is None:
            self.found.append(shown)
            return
        wanted = self.wanted.text.encode(errors="replace")
        with suppress(ToolError, OSError), open_regular(pinned, shown) as file:
            if not is_binary(file):
                room = _MOST_RESULTS + 1 - len(self.found)
                lines = self._lines(file, wanted)
                self.found += [f"{shown}:{at}: {line}" for at, line in islice(lines, room)]

    def _lines(self, file: BinaryIO, wanted: bytes) -> Iterator[tuple[int, str]]:
        """Matching lines with their numbers; very long lines are searched in parts."""
        number = 1
        while not self._is_over() and (block := file.read(min(_BLOCK_BYTES, self.bytes_left))):
            block += file.readline(_LINE_BYTES)
            self.bytes_left = max(0, self.bytes_left - len(block))
            at = 0
            while (hit := block.find(wanted, at)) >= 0:
                start, end = block.rfind(b"\n", 0, hit) + 1, block.find(b"\n", hit)
                end = len(block) if end < 0 else end
                yield number + block.count(b"\n", 0, start), _shown(block[start:end])
                at = end + 1
            number += block.count(b"\n")
        if self.bytes_left == 0:
            self.left_out = "text beyond the most that a search reads"

    def _is_over(self) -> bool:
        is_full = len(self.found) > _MOST_RESULTS
        is_spent = self.left_out is not None and 0 in (self.entries_left, self.bytes_left)
        return is_full or is_spent or self.cancelled.is_set()

    def _result(self) -> ToolResult:
        lines = self.found[:_MOST_RESULTS] or ["Nothing was found."]
        if self.left_out is not None:
            lines.append(f"[not searched: {self.left_out}]")
        is_cut = self.left_out is not None or len(self.found) > _MOST_RESULTS
        return bounded("\n".join(lines), is_cut=is_cut)


def _shown(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r\n")[:_LINE_CHARS]
