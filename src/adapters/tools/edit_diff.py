"""Shows a change of a text as a unified diff, in time that does not grow with the text."""

import re
from difflib import unified_diff
from functools import partial
from itertools import takewhile

_CONTEXT = 3
_MOST_LINES = 2000  # compared with each other; the time grows with their square

_HUNK = re.compile(r"^@@ -(\d+)(\S*) \+(\d+)")


def edit_diff(before: str, after: str, *, path: str) -> str:
    """Only the lines from the first change to the last are compared."""
    old, new = before.split("\n"), after.split("\n")
    same_before = _same(old, new)
    longest = min(len(old), len(new)) - same_before
    same_after = min(_same(old[::-1], new[::-1]), longest)
    first, last = same_before + 1, len(old) - same_after
    skipped = max(same_before - _CONTEXT, 0)
    kept_after = max(same_after - _CONTEXT, 0)
    old, new = old[skipped : len(old) - kept_after], new[skipped : len(new) - kept_after]
    if len(old) + len(new) > _MOST_LINES:
        return f"Changed lines {first} to {last} of {path}."
    diff = unified_diff(old, new, path, path, n=_CONTEXT, lineterm="")
    return "\n".join(_HUNK.sub(partial(_shifted, by=skipped), line) for line in diff)


def _same(one: list[str], other: list[str]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _shifted(hunk: re.Match[str], *, by: int) -> str:
    return f"@@ -{int(hunk[1]) + by}{hunk[2]} +{int(hunk[3]) + by}"
