"""Shows a change of a text as a unified diff, without taking the whole text apart."""

import re
from difflib import unified_diff
from functools import partial

_CONTEXT = 3
_MOST_LINES = 2000  # compared with each other; the time grows with their square

_HUNK = re.compile(r"^@@ -(\d+)(\S*) \+(\d+)")


def edit_diff(before: str, after: str, *, path: str) -> str:
    """Only the lines from the first change to the last are split off and compared."""
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
    """How many characters; each is compared once or twice, whatever the length."""
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
    """Where that place of the text before is in the text after; what follows is the same."""
    return len(after) - (len(before) - stop)


def _renumbered(line: str, skipped: int) -> str:
    return _HUNK.sub(partial(_shifted, by=skipped), line) if line.startswith("@@ ") else line


def _shifted(hunk: re.Match[str], *, by: int) -> str:
    return f"@@ -{int(hunk[1]) + by}{hunk[2]} +{int(hunk[3]) + by}"
