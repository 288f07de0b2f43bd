"""Picks one tool call for a task in plain words, and reports its result as text."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

_COMMAND = re.compile(r"\b(?:run|execute)\b[^`]*`([^`]+)`", re.IGNORECASE)
_FILE = re.compile(
    r"\b(?:read|show|print|open|cat)\b(?: me)?(?: the)?(?: contents? of)?(?: the)?(?: file)?\s+"
    r"(?:[`'\"]([^`'\"\n]+)[`'\"]|([\w./-]*\w\.\w+))",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:^|[\s`'\"(])\*?\.(\w{1,10})\b")
_TEXT = re.compile(r"\b(?:search|grep|look|find)\b[^`'\"]*[`'\"]([^`'\"\n]+)[`'\"]", re.IGNORECASE)
_MAX_RESULT_CHARS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    tool_name: str
    arguments: Mapping[str, object]
    purpose: str
    suffix: str | None = None
    """Set if the result is a list of files with this suffix."""


def plan(text: str, offered: Collection[str]) -> PlannedCall | None:
    """The call of the first matching rule whose tool is offered; None if there is none."""
    for rule in _RULES:
        if (call := rule(text)) and call.tool_name in offered:
            return call
    return None


def report(call: PlannedCall, result: str) -> str:
    if call.suffix is not None:
        return _files_found(call, result, call.suffix)
    return f"{call.tool_name} gave:\n{_short(result)}"


def _files_found(call: PlannedCall, result: str, suffix: str) -> str:
    lines = [line.strip().removeprefix("./") for line in result.splitlines()]
    files = [line for line in lines if fnmatchcase(line, f"*.{suffix}")]
    others = "\n".join(line for line in lines if line and line not in files)
    noun = "file" if len(files) == 1 else "files"
    found = f"Found {len(files)} .{suffix} {noun}: {', '.join(files)}"
    if not files:
        found = f"Found no .{suffix} files."
    return f"{found}\n{call.tool_name} said: {_short(others)}" if others else found


def _short(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > _MAX_RESULT_CHARS:
        return f"{stripped[:_MAX_RESULT_CHARS]}\n… ({len(stripped)} characters in all)"
    return stripped or "nothing"


def _run(text: str) -> PlannedCall | None:
    if not (found := _COMMAND.search(text)):
        return None
    command = found[1]
    return PlannedCall(
        tool_name="shell", arguments={"command": command}, purpose=f"run `{command}`"
    )


def _read(text: str) -> PlannedCall | None:
    if not (found := _FILE.search(text)):
        return None
    path = found[1] or found[2]
    return PlannedCall(tool_name="read_file", arguments={"path": path}, purpose=f"read {path}")


def _search_by_name(text: str) -> PlannedCall | None:
    if not (found := _SUFFIX.search(text)):
        return None
    return PlannedCall(
        tool_name="search_files",
        arguments={"pattern": f"*.{found[1]}"},
        purpose=f"look for .{found[1]} files",
        suffix=found[1],
    )


def _search_by_shell(text: str) -> PlannedCall | None:
    if not (found := _SUFFIX.search(text)):
        return None
    return PlannedCall(
        tool_name="shell",
        arguments={"command": f"find . -name '*.{found[1]}'"},
        purpose=f"look for .{found[1]} files",
        suffix=found[1],
    )


def _search_in_files(text: str) -> PlannedCall | None:
    if not (found := _TEXT.search(text)):
        return None
    return PlannedCall(
        tool_name="search_files",
        arguments={"pattern": "*", "text": found[1]},
        purpose=f"search the files for {found[1]!r}",
    )


def _list(_: str) -> PlannedCall:
    return PlannedCall(
        tool_name="list_directory", arguments={"path": "."}, purpose="list the workspace"
    )


_RULES: tuple[Callable[[str], PlannedCall | None], ...] = (
    _run,
    _read,
    _search_by_name,
    _search_by_shell,
    _search_in_files,
    _list,
)
