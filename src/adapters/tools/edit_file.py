"""The tool with which a model changes a part of a text file."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed, tool_spec
from adapters.tools.bounded_text import bounded
from adapters.tools.edit_diff import edit_diff
from adapters.tools.file_replacement import replace_file
from adapters.tools.file_text import MOST_FILE_BYTES, open_regular
from adapters.tools.file_turns import turn_at
from adapters.tools.pinned_path import pinned_path
from adapters.tools.workspace_path import workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult

_MOST_LINES_NAMED = 10
_PIECE_CHARS = 256 * 1024
_MOST_CHARS_FOR_HINT = 256 * 1024  # each of its words becomes an object


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
        wanted = parsed(EditFileArguments, arguments)
        return await asyncio.to_thread(_edit, wanted, context.workspace)


def _edit(wanted: EditFileArguments, workspace: str) -> ToolResult:
    path = workspace_path(workspace, wanted.path)
    if wanted.old_text == wanted.new_text:
        raise ToolError("new_text: it is the same as old_text")
    try:
        with turn_at(path), pinned_path(workspace, path) as held:
            before = _text(held, wanted.path)
            after = _replaced(before, wanted)
            replace_file(held, after.encode(errors="replace"))
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
    _require_room(text, wanted, matches)
    return replaced_in_pieces(text, wanted.old_text, wanted.new_text)


def replaced_in_pieces(text: str, old: str, new: str, *, piece: int = _PIECE_CHARS) -> str:
    """As `str.replace`, which keeps all other threads waiting until it is done."""
    made: list[str] = []
    at, size = 0, piece + len(old)
    while at < len(text):
        part = text[at : at + size]
        *whole, rest = part.split(old)
        # What is left may end with the beginning of one more, unless it is the end of all.
        kept = rest if at + size >= len(text) else rest[: max(0, len(rest) - len(old) + 1)]
        made.append(new.join((*whole, kept)))
        at += len(part) - len(rest) + len(kept)
    return "".join(made)


def _require_room(text: str, wanted: EditFileArguments, matches: int) -> None:
    """Before the text is made: few bytes in the place of fewer may become as many as one likes."""
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
