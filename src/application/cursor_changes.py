"""A long cursor told by what differs from another one that is kept."""

import re

from application.composite_cursor import CompositeCursor, parse_part, part
from domain.errors import InvalidCursor
from domain.ids import SessionKey

_NUMBER = re.compile(r"[0-9a-f]{1,16}")


def changes_since(base: CompositeCursor, cursor: CompositeCursor) -> str:
    """The horizon, the places that moved, and the keys of those that are gone."""
    at_base = base.positions
    moved = [part(key, at) for key, at in cursor.positions.items() if at_base.get(key) != at]
    gone = [f"{key:x}" for key in at_base if key not in cursor.positions]
    return ".".join([f"{cursor.horizon_us:x}", *moved, *gone])


def check_changes(text: str) -> None:
    """Raises InvalidCursor for what `changes_since` never gives."""
    with_changes(CompositeCursor(positions={}, horizon_us=0), text)


def with_changes(base: CompositeCursor, text: str) -> CompositeCursor:
    """Raises InvalidCursor as well."""
    horizon, *parts = text.split(".")
    positions = dict(base.positions)
    for changed in parts:
        if _NUMBER.fullmatch(changed):
            positions.pop(SessionKey(int(changed, 16)), None)
        else:
            key, at = parse_part(changed)
            positions[key] = at
    if not _NUMBER.fullmatch(horizon):
        raise InvalidCursor("cursor", "use the id of an event of this stream as it came")
    return CompositeCursor(positions=positions, horizon_us=int(horizon, 16))
