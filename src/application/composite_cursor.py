"""A place in several sessions' logs at once; clients hold it as an opaque text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from application.cursor import Cursor
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag

MAX_CHARS = 2048
_PART = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{8})")
_HORIZON = re.compile(r"[0-9a-f]{1,16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeCursor:
    positions: Mapping[SessionKey, Cursor]
    """Seq 0 stands for the beginning; its tag says nothing."""
    horizon_us: int
    """All tasks made before it are in `positions` or were read to their end."""

    def __str__(self) -> str:
        parts = [part(key, at) for key, at in self.positions.items()]
        return ".".join(["m", f"{self.horizon_us:x}", *parts])


def part(key: SessionKey, at: Cursor) -> str:
    """A place in one of the sessions."""
    return f"{key:x}-{at.seq:x}-{at.tag}"


def parse_part(text: str) -> tuple[SessionKey, Cursor]:
    """Raises InvalidCursor for what `part` never gives."""
    if (match := _PART.fullmatch(text)) is None:
        raise _invalid()
    return SessionKey(int(match[1], 16)), Cursor(int(match[2], 16), Tag(match[3]))


def parse_composite(text: str) -> CompositeCursor:
    """Raises InvalidCursor for what no stream of several sessions has given out."""
    mark, _, rest = text.partition(".")
    horizon, *parts = rest.split(".")
    if mark != "m" or not _HORIZON.fullmatch(horizon):
        raise _invalid()
    positions = dict(map(parse_part, parts))
    return CompositeCursor(positions=positions, horizon_us=int(horizon, 16))


def _invalid() -> InvalidCursor:
    return InvalidCursor("cursor", "use the id of an event of this stream as it came")
