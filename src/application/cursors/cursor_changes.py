"""A long cursor told by what differs from another one that is kept."""

from application.cursors.composite_cursor import (
    CompositeCursor,
    WritePart,
    parse_horizon,
    parse_key,
    parse_part,
    part,
)


def changes_since(base: CompositeCursor, cursor: CompositeCursor, write: WritePart = part) -> str:
    """The horizon, the places that moved, and the keys of those that are gone."""
    at_base = base.positions
    moved = [
        write(key, at)
        for key, at in cursor.positions.items()
        if (old := at_base.get(key)) is not at and old != at
    ]
    gone = [f"{key:x}" for key in at_base if key not in cursor.positions]
    return ".".join([str(cursor.horizon), *moved, *gone])


def check_changes(text: str) -> None:
    """Raises InvalidCursor for what `changes_since` never gives."""
    with_changes(CompositeCursor(positions={}), text)


def with_changes(base: CompositeCursor, text: str) -> CompositeCursor:
    """Raises InvalidCursor as well."""
    horizon, *parts = text.split(".")
    positions = dict(base.positions)
    for changed in parts:
        if "-" in changed:
            key, at = parse_part(changed)
            positions[key] = at
        else:
            positions.pop(parse_key(changed), None)
    return CompositeCursor(positions=positions, horizon=parse_horizon(horizon))
