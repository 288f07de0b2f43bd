"""A place in one session's log, as clients hold it: `<seq>-<tag>`."""

import re
from dataclasses import dataclass

from domain.errors import InvalidCursor
from domain.ids import Tag

_CURSOR = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{8})")
_NO_TAG = Tag("00000000")


@dataclass(frozen=True, slots=True)
class Cursor:
    """After this event."""

    seq: int
    tag: Tag

    def __str__(self) -> str:
        return f"{self.seq}-{self.tag}"


BEGINNING = Cursor(0, _NO_TAG)
"""Before the first event; good for ever, also of a session that does not exist yet."""


def before_earliest(first_seq: int) -> Cursor:
    """Before the first event that is left; what it follows is gone, and so is that one's tag."""
    return Cursor(first_seq - 1, _NO_TAG)


def parse_cursor(text: str) -> Cursor:
    """Raises InvalidCursor for what no stream of one session has given out."""
    if match := _CURSOR.fullmatch(text):
        cursor = Cursor(int(match[1]), Tag(match[2]))
        if cursor.seq or cursor == BEGINNING:
            return cursor
    if text.startswith(("m.", "h.")):
        raise InvalidCursor(
            "cursor",
            "this is of a stream of several sessions or an agent; here one looks like 42-9f1c03ab",
        )
    raise InvalidCursor(
        "cursor", "a cursor looks like 42-9f1c03ab; use the id of an event as it came"
    )
