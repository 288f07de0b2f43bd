"""How large a pattern is once it is compiled, when what it repeats is written out so often."""

import re
from math import prod

_TOKEN = re.compile(
    r"\\."
    r"|\[\^?\]?(?:\\.|\[:[^\]]*:\]|[^\]\\])*\]"
    r"|(?P<opens>\()|(?P<closes>\))"
    r"|(?P<count>\{\s*(?P<least>\d*)[^(){}\[\]\\]*\})"
    r"|(?P<more>[?*+])"
    r"|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{\s*(\d+)")
# With spaces, comments or nested sets a parenthesis may be other than it seems.
_UNSURE = re.compile(r"\(\?[A-Za-z0-9]*[xV#]")

MOST_PARTS = 10_000
"""Some megabytes; a few more digits in a pattern could take all memory there is."""


def written_out(pattern: str) -> int:
    """At least about as many parts as it will have; `a{1000}` has a thousand."""
    exact = None if _UNSURE.search(pattern) else _counted(pattern)
    if exact is not None:
        return exact
    return len(pattern) * prod(max(1, int(count)) for count in _COUNT.findall(pattern))


def _counted(pattern: str) -> int | None:
    """None if its groups do not seem to fit."""
    groups, last = [0], 1
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "opens":
                groups.append(0)
                last = 1
            case "closes":
                if len(groups) == 1:
                    return None
                last = max(1, groups.pop())
                groups[-1] += last
            case "count":
                added = last * (max(1, int(token["least"] or 1)) - 1)
                groups[-1] += added
                last += added
            case "more":
                continue
            case _:
                groups[-1] += 1
                last = 1
    return groups[0] if len(groups) == 1 else None
