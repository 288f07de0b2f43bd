"""A place in one session's log, as clients hold it: `<seq>-<tag>`."""

import re
from dataclasses import dataclass

from domain.errors import InvalidCursor
from domain.ids import Tag

_CURSOR = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """After this event."""

    seq: int
    tag: Tag

    def __str__(self) -> str:
        return f"{self.seq}-{self.tag}"


def parse_cursor(text: str) -> Cursor:
    """Raises InvalidCursor for what no stream of one session has given out."""
    if match := _CURSOR.fullmatch(text):
        return Cursor(int(match[1]), Tag(match[2]))
    raise InvalidCursor(
        "cursor", "a cursor looks like 42-9f1c03ab; use the id of an event as it came"
    )
