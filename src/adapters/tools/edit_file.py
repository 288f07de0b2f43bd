"""The tool with which a model replaces text in a file, and the diff that it returns."""

import asyncio
import re
from collections.abc import Mapping
from difflib import unified_diff
from functools import partial
from pathlib import Path

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.bounded_text import bounded
from adapters.tools.workspace_files import MOST_FILE_BYTES, file_lock, open_regular, replace_file
from adapters.tools.workspace_path import pinned_path, workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_CONTEXT = 3
_MOST_LINES = 2000  # the diff takes quadratic time
_HUNK = re.compile(r"^@@ -(\d+)(\S*) \+(\d+)")
_MOST_LINES_NAMED = 10
_PIECE_CHARS = 256 * 1024
_MOST_CHARS_FOR_HINT = 256 * 1024  # each word becomes an object


def edit_diff(before: str, after: str, *, path: str) -> str:
    """A unified diff of the lines from the first to the last change."""
    same = _same_beginning(before, after)
    same_end = _same_end(before, after, most=min(len(before), len(after)) - same)
    start = before.rfind("\n", 0, same) + 1
    stop = _line_end(before, len(before) - same_end)
    lines = before.count("\n", start, stop) + 1
    if lines + after.count("\n", start, _shifted_end(before, after, stop)) + 1 > _MOST_LINES:
        first = before.count("\n", 0, start) + 1
        return f"Changed lines {first} to {first + lines - 1} of {path}."
    for _ in range(_CONTEXT):
        start = before.rfind("\n", 0, max(start - 1, 0)) + 1
        stop = _line_end(before, stop + 1)
    old = before[start:stop].split("\n")
    new = after[start : _shifted_end(before, after, stop)].split("\n")
    skipped = before.count("\n", 0, start)
    diff = unified_diff(old, new, path, path, n=_CONTEXT, lineterm="")
    return "\n".join(_renumbered(line, skipped) for line in diff)


def _same_beginning(one: str, other: str) -> int:
    """The length of the common prefix, by binary search with fast comparisons."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def _same_end(one: str, other: str, *, most: int) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        part = other[len(other) - middle : len(other) - low]
        if one.endswith(part, 0, len(one) - low):
            low = middle
        else:
            high = middle - 1
    return low


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _shifted_end(before: str, after: str, stop: int) -> int:
    """The position in `after` that corresponds to `stop`, after the last change."""
    return len(after) - (len(before) - stop)


def _renumbered(line: str, skipped: int) -> str:
    return _HUNK.sub(partial(_shifted, by=skipped), line) if line.startswith("@@ ") else line


def _shifted(hunk: re.Match[str], *, by: int) -> str:
    return f"@@ -{int(hunk[1]) + by}{hunk[2]} +{int(hunk[3]) + by}"


class EditFileArguments(Arguments):
    path: str = Field(min_length=1, description="The file, relative to the workspace.")
    old_text: str = Field(
        min_length=1, description="The text to replace, exactly as it is, white space and all."
    )
    new_text: str = Field(description="What takes its place.")
    replace_all: bool = Field(
        default=False, description="Every occurrence, not just the only one."
    )


class EditFileTool:
    spec = tool_spec(
        "edit_file",
        "Replace a text that occurs once in a text file of the workspace, or every occurrence; "
        "shows what was changed.",
        EditFileArguments,
    )

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed_arguments(EditFileArguments, arguments)
        return await asyncio.to_thread(_edit, wanted, context.workspace)


def _edit(wanted: EditFileArguments, workspace: str) -> ToolResult:
    path = workspace_path(workspace, wanted.path)
    if wanted.old_text == wanted.new_text:
        raise ToolError("new_text: it is the same as old_text")
    try:
        with file_lock(path), pinned_path(workspace, path) as pinned:
            before = _text(pinned, wanted.path)
            after = _replaced(before, wanted)
            replace_file(pinned, after.encode(errors="replace"))
    except FileNotFoundError as error:
        raise ToolError(f"path: there is no file {wanted.path!r}") from error
    except OSError as error:
        raise ToolError(f"path: cannot edit {wanted.path!r}: {error.strerror}") from error
    return bounded(edit_diff(before, after, path=wanted.path))


def _text(path: Path, shown: str) -> str:
    with open_regular(path, shown) as file:
        content = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise ToolError(f"path: {shown!r} is larger than {MOST_FILE_BYTES} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ToolError(f"path: {shown!r} is no text in UTF-8") from error
    if "\0" in text:
        raise ToolError(f"path: {shown!r} is a binary file")
    return text


def _replaced(text: str, wanted: EditFileArguments) -> str:
    matches = text.count(wanted.old_text)
    if matches == 0:
        raise ToolError(f"old_text: it does not occur in {wanted.path!r}{_hint(text, wanted)}")
    if matches > 1 and not wanted.replace_all:
        raise ToolError(
            f"old_text: it occurs {matches} times in {wanted.path!r}, at lines "
            f"{_lines(text, wanted.old_text)}; give more of the text around the one that is "
            "meant, or set replace_all"
        )
    _require_size(text, wanted, matches)
    return replaced_in_pieces(text, wanted.old_text, wanted.new_text)


def replaced_in_pieces(text: str, old: str, new: str, *, piece: int = _PIECE_CHARS) -> str:
    """As `str.replace`, but releasing the GIL between pieces."""
    made: list[str] = []
    at, size = 0, piece + len(old)
    while at < len(text):
        part = text[at : at + size]
        *whole, rest = part.split(old)
        # The rest may end with the beginning of another match, unless it is the end of the text.
        kept = rest if at + size >= len(text) else rest[: max(0, len(rest) - len(old) + 1)]
        made.append(new.join((*whole, kept)))
        at += len(part) - len(rest) + len(kept)
    return "".join(made)


def _require_size(text: str, wanted: EditFileArguments, matches: int) -> None:
    """Checked before replacing: the result may be far larger than the input."""
    old, new = (len(part.encode(errors="replace")) for part in (wanted.old_text, wanted.new_text))
    size = len(text.encode()) + matches * (new - old)
    if size > MOST_FILE_BYTES:
        raise ToolError(
            f"new_text: {wanted.path!r} would have {size} bytes; the most is {MOST_FILE_BYTES}"
        )


def _hint(text: str, wanted: EditFileArguments) -> str:
    if len(text) > _MOST_CHARS_FOR_HINT:
        return ""
    if "\r\n" in text and wanted.old_text in text.replace("\r\n", "\n"):
        return "; the lines of this file end with \\r\\n"
    if " ".join(wanted.old_text.split()) in " ".join(text.split()):
        return "; with other white space it does: read the file again"
    return ""


def _lines(text: str, part: str) -> str:
    places: list[str] = []
    at = text.find(part)
    while at >= 0 and len(places) < _MOST_LINES_NAMED:
        places.append(str(text.count("\n", 0, at) + 1))
        at = text.find(part, at + len(part))
    return ", ".join(places) + ", …" * (at >= 0)
