"""Keeps the cursors that are too long to be sent, and reads those that clients send back."""

import asyncio
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass

from application.cursors.composite_cursor import (
    MAX_CHARS,
    CompositeCursor,
    WritePart,
    parse_composite,
    part,
)
from application.cursors.cursor_changes import changes_since, check_changes, with_changes
from domain.errors import InvalidCursor
from domain.principal import Principal
from ports.clock import Clock
from ports.cursor_store import CursorStore

PROMISED_S = 24 * 3600.0
"""How long a cursor that was given out can be read, at the least."""
FRESH_S = 3600.0
"""How long a base is built upon before it is kept anew."""
_MAX_OWNERS = 1000
_HANDLE = re.compile(r"h\.([0-9a-f]{32})\.(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A cursor in the store; others are told by its handle and what differs from it."""

    handle: str
    cursor: CompositeCursor
    kept_at: float

    def text_of(self, cursor: CompositeCursor, write: WritePart = part) -> str:
        return f"h.{self.handle}.{changes_since(self.cursor, cursor, write)}"

    def is_near(self, cursor: CompositeCursor) -> bool:
        return len(self.text_of(cursor)) < MAX_CHARS // 4


class CursorHandles:
    def __init__(self, *, store: CursorStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._newest: OrderedDict[tuple[str, str], Base] = OrderedDict()
        self._keeping = asyncio.Lock()

    def is_fresh(self, base: Base) -> bool:
        return self._clock.monotonic() - base.kept_at < FRESH_S

    async def base_for(self, principal: Principal, cursor: CompositeCursor) -> Base:
        """One that this cursor differs little from: another stream's, or kept now."""
        owner = (principal.tenant, principal.owner)
        async with self._keeping:  # many watchers of one agent grow out of a base at once
            newest = self._newest.get(owner)
            if newest and self.is_fresh(newest) and newest.is_near(cursor):
                return newest
            base = self._newest[owner] = await self._kept(principal, cursor)
            self._newest.move_to_end(owner)
            if len(self._newest) > _MAX_OWNERS:
                self._newest.popitem(last=False)
            return base

    async def read(self, principal: Principal, text: str) -> CompositeCursor | None:
        """None for one that is no longer kept; raises InvalidCursor for what never was one."""
        if len(text) > MAX_CHARS:
            raise _invalid()
        if not text.startswith("h."):
            return parse_composite(text)
        if (handle := _HANDLE.fullmatch(text)) is None:
            raise _invalid()
        check_changes(handle[2])
        body = await self._store.find(principal, handle[1])
        return None if body is None else with_changes(parse_composite(body), handle[2])

    async def _kept(self, principal: Principal, cursor: CompositeCursor) -> Base:
        body, kept_at = str(cursor), self._clock.monotonic()
        handle = hashlib.sha256(body.encode()).hexdigest()[:32]
        await self._store.keep(principal, handle, body, for_s=PROMISED_S + FRESH_S)
        return Base(handle=handle, cursor=cursor, kept_at=kept_at)


def _invalid() -> InvalidCursor:
    return InvalidCursor("cursor", "use the id of an event of this stream as it came")
