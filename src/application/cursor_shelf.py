"""Keeps the cursors that are too long to be sent, and gives out handles for them."""

import hashlib
from collections import OrderedDict

from application.composite_cursor import MAX_CHARS, CompositeCursor, parse_composite
from domain.errors import InvalidCursor

_MAX_KEPT = 10_000
_HANDLE_CHARS = 32


class CursorShelf:
    """In memory, the oldest dropped first; a dropped handle is answered like a trimmed log."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, CompositeCursor] = OrderedDict()

    def write(self, cursor: CompositeCursor) -> str:
        text = str(cursor)
        if len(text) <= MAX_CHARS:
            return text
        handle = "h." + hashlib.sha256(text.encode()).hexdigest()[:_HANDLE_CHARS]
        self._kept[handle] = cursor
        self._kept.move_to_end(handle)
        if len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return handle

    def read(self, text: str) -> CompositeCursor | None:
        """None for a handle that is no longer kept; raises InvalidCursor for what never was one."""
        if not text.startswith("h."):
            return parse_composite(text)
        if len(text) != len("h.") + _HANDLE_CHARS or not text.isascii():
            raise InvalidCursor("cursor", "use the id of an event of this stream as it came")
        return self._kept.get(text)
