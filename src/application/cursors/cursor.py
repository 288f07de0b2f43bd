"""A place in one session's log, as clients hold it: `<seq>-<tag>`."""

import re
from dataclasses import dataclass

from domain.errors import InvalidCursor
from domain.ids import Tag

_CURSOR = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{8})")
_NO_TAG = Tag("00000000")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Just after the event with this seq.

    A seq alone would not do, since a log can have two histories. Say events 1, 2 and 3 are
    committed, a client reads all three, and the machine's disk loses the last one (or an older
    backup is put back). The next event gets the seq 3 again: the log is 1, 2, 3'. A client that
    resumes after "3" would never see 3', and nobody would notice. Therefore each event has a
    random tag: the client resumes after `3-5c0ffee5`, the log has `3-0ddba115`, and the client
    gets a `reset` instead of a silent gap.
    """

    seq: int
    tag: Tag

    def __str__(self) -> str:
        return f"{self.seq}-{self.tag}"


BEGINNING = Cursor(0, _NO_TAG)
"""Before the first event. Valid for ever, also for a session that does not exist yet."""


def before_earliest(first_seq: int) -> Cursor:
    """Before the first event that is left: the event before it is trimmed, and its tag with it."""
    return Cursor(first_seq - 1, _NO_TAG)


def parse_cursor(text: str) -> Cursor:
    """Raises InvalidCursor for a text that no stream of one session can have sent."""
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
