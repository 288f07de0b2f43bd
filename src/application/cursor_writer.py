"""Writes the cursors of one stream: whole while they are short, then upon a base in the store."""

from application.composite_cursor import MAX_CHARS, CompositeCursor
from application.cursor_shelf import Base, CursorShelf
from domain.principal import Principal

_ROOM = 128
"""What one step can add: it moves one session's place, and time."""


class CursorWriter:
    """`settle` is awaited when `is_due`; so every id is readable before it is sent.

    Streams of sessions and of tasks never need it: the number of those that one can name is
    bounded, and so is their cursor.
    """

    def __init__(self, shelf: CursorShelf, principal: Principal) -> None:
        self._shelf = shelf
        self._principal = principal
        self._base: Base | None = None
        self._cursor = CompositeCursor(positions={})
        self._text = ""
        self._is_due = False

    @property
    def is_due(self) -> bool:
        """The cursor as it was last written leaves no room for another step."""
        return self._is_due

    def write(self, cursor: CompositeCursor) -> str:
        """One that has no room yet is told by the last that had: no event lies between them."""
        self._cursor = cursor
        text = self._text_of(cursor)
        self._is_due = self._needs_base(text)
        if len(text) <= MAX_CHARS:
            self._text = text
        return self._text

    async def settle(self) -> None:
        """Make room for the cursor that was last written. Raises LogUnavailable, StorageFull."""
        if self._is_due:
            self._base = await self._shelf.base_for(self._principal, self._cursor)
            self.write(self._cursor)

    def _text_of(self, cursor: CompositeCursor) -> str:
        whole = str(cursor)
        if len(whole) <= MAX_CHARS - _ROOM or self._base is None:
            return whole
        return self._base.text_of(cursor)

    def _needs_base(self, text: str) -> bool:
        if len(text) > MAX_CHARS - _ROOM:
            return True
        is_whole = text.startswith("m")
        return not (is_whole or self._base is None or self._shelf.is_fresh(self._base))
