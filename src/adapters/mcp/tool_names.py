"""Names for a server's tools that every model takes, and that tell whose they are."""

import re
from collections.abc import Sequence

_MOST_CHARS = 64
_ROOM_FOR_NUMBER = 4


def tool_names(server: str, names: Sequence[str]) -> Sequence[str]:
    """In the same order; two that would become the same are numbered."""
    taken: dict[str, None] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", f"{server}__{name}")
        chosen, number = plain[:_MOST_CHARS], 2
        while chosen in taken:
            chosen = f"{plain[: _MOST_CHARS - _ROOM_FOR_NUMBER]}_{number}"
            number += 1
        taken[chosen] = None
    return list(taken)
