"""Writes the cursors of one stream: whole while they are short, then upon a base in the store."""

from application.cursors.composite_cursor import LEAST_PART, MAX_CHARS, CompositeCursor, part
from application.cursors.cursor import Cursor
from application.cursors.cursor_handles import Base, CursorHandles
from domain.ids import SessionKey
from domain.principal import Principal

_ROOM = 128
"""What one step can add: it moves one session's place, and the horizon."""
_SPARE_PARTS = 64


class CursorWriter:
    """`settle` is awaited when `is_due`; so every id is readable before it is sent.

    Streams of sessions and of tasks never need it: the number of those that one can name is
    bounded, and so is their cursor.
    """

    def __init__(self, shelf: CursorHandles, principal: Principal) -> None:
        self._shelf = shelf
        self._principal = principal
        self._base: Base | None = None
        self._cursor: CompositeCursor | None = None
        self._parts: dict[SessionKey, tuple[Cursor, str]] = {}
        self._text = ""
        self._has_room = True

    @property
    def is_due(self) -> bool:
        """The cursor as it was last written leaves no room for another step, or its base is old."""
        return not self._has_room or self._is_stale

    def write(self, cursor: CompositeCursor) -> str:
        """One that has no room yet is told by the last that had: no event lies between them."""
        if cursor != self._cursor:
            self._cursor = cursor
            self._write(cursor)
        return self._text

    async def settle(self) -> None:
        """Make room for the cursor that was last written. Raises LogUnavailable, StorageFull."""
        if self._cursor is not None and self.is_due:
            self._base = await self._shelf.base_for(self._principal, self._cursor)
            self._write(self._cursor)

    def _write(self, cursor: CompositeCursor) -> None:
        text = self._text_of(cursor)
        self._has_room = len(text) <= MAX_CHARS - _ROOM
        if len(text) <= MAX_CHARS:
            self._text = text
        if len(self._parts) > 2 * len(cursor.positions) + _SPARE_PARTS:
            self._parts.clear()

    def _text_of(self, cursor: CompositeCursor) -> str:
        may_fit = len(cursor.positions) * LEAST_PART <= MAX_CHARS
        if self._base is None or may_fit:
            whole = cursor.text(self._part)
            if self._base is None or len(whole) <= MAX_CHARS - _ROOM:
                return whole
        return self._base.text_of(cursor, self._part)

    def _part(self, key: SessionKey, at: Cursor) -> str:
        """Most places are where they were when the cursor was last written."""
        known = self._parts.get(key)
        if known is None or known[0] != at:
            known = self._parts[key] = (at, part(key, at))
        return known[1]

    @property
    def _is_stale(self) -> bool:
        is_whole = self._text.startswith("m")
        return not (is_whole or self._base is None or self._shelf.is_fresh(self._base))
