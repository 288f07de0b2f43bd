"""The ids of streams over several sessions, each written as what changed since a snapshot.

While a cursor fits into an id it is written whole, which is what changed since the empty
snapshot: `m.<changes>`. When it does not fit any more it is kept in the store as a snapshot,
before an id needs it, and ids are `h.<handle of the snapshot>.<changes>`. When the changes do not
fit any more either, or the snapshot is an hour old, the next snapshot takes its place.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from application.cursors.composite_cursor import (
    NO_POSITIONS,
    CompositeCursor,
    DeltaWriter,
    invalid_cursor,
    parse_delta,
)
from application.cursors.cursor import Cursor
from domain.ids import SessionKey
from domain.principal import Principal
from ports.clock import Clock
from ports.cursor_store import CursorStore

MAX_CHARS = 2048
"""The length of the longest id."""
PROMISED_S = 24 * 3600.0
"""For how long after it was sent an id can be read, at least."""
FRESH_S = 3600.0
"""For how long ids are written from a snapshot. It is kept for `PROMISED_S` after that."""

_ROOM = 128
"""What a step can add to an id: one session's place, and the horizon."""
_NEAR_CHARS = MAX_CHARS // 4
_MAX_OWNERS = 1000
_ID = re.compile(r"(?:m|h\.([0-9a-f]{32}))\.(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    name: str
    cursor: CompositeCursor
    kept_at: float = 0.0
    """By the monotonic clock, when it began to be kept."""

    def write(self, cursor: CompositeCursor) -> str:
        return f"{self.name}.{DeltaWriter(self.cursor).write(cursor)}"


EMPTY = Snapshot(name="m", cursor=NO_POSITIONS)


class CursorSnapshots:
    """Keeps snapshots, and reads the ids that clients send back."""

    def __init__(self, *, store: CursorStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._newest: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()
        self._keeping = asyncio.Lock()

    def is_fresh(self, snapshot: Snapshot) -> bool:
        return snapshot is EMPTY or self._clock.monotonic() - snapshot.kept_at < FRESH_S

    async def near(self, principal: Principal, cursor: CompositeCursor) -> Snapshot:
        """One from which the cursor is a short id: another stream's if possible, or a new one.

        Raises LogUnavailable, StorageFull.
        """
        if len(EMPTY.write(cursor)) <= MAX_CHARS - _ROOM:
            return EMPTY
        owner = (principal.tenant, principal.owner)
        async with self._keeping:  # many watchers of one agent need a new one at the same time
            newest = self._newest.get(owner)
            if newest and self.is_fresh(newest) and len(newest.write(cursor)) < _NEAR_CHARS:
                return newest
            snapshot = self._newest[owner] = await self._keep(principal, cursor)
            self._newest.move_to_end(owner)
            if len(self._newest) > _MAX_OWNERS:
                self._newest.popitem(last=False)
            return snapshot

    async def read(self, principal: Principal, text: str) -> CompositeCursor | None:
        """None if its snapshot is not kept (any more) for this principal's owner.

        Raises InvalidCursor for a text that no stream of several sessions can have sent.
        """
        if len(text) > MAX_CHARS or (match := _ID.fullmatch(text)) is None:
            raise invalid_cursor()
        handle, delta = match[1], parse_delta(match[2])
        if handle is None:
            return delta.applied_to(NO_POSITIONS)
        body = await self._store.find(principal, handle)
        return None if body is None else delta.applied_to(_parse_body(body))

    async def _keep(self, principal: Principal, cursor: CompositeCursor) -> Snapshot:
        body, kept_at = EMPTY.write(cursor), self._clock.monotonic()
        handle = hashlib.sha256(body.encode()).hexdigest()[:32]
        await self._store.keep(principal, handle, body, for_s=PROMISED_S + FRESH_S)
        return Snapshot(name=f"h.{handle}", cursor=cursor, kept_at=kept_at)


class CursorWriter:
    """Writes the ids of one stream.

    Before an event is sent, `make_room` must have been awaited unless there `has_room`. Streams
    of sessions and of tasks need not look: the number of those that one can name is bounded, and
    so is their cursor.
    """

    def __init__(self, snapshots: CursorSnapshots, principal: Principal) -> None:
        self._snapshots = snapshots
        self._principal = principal
        self._base = EMPTY
        self._delta = DeltaWriter(EMPTY.cursor)
        self._last = ""

    def has_room(self, cursor: CompositeCursor) -> bool:
        """Whether ids from this place on fit, and their snapshot is kept for long enough."""
        is_short = len(self._format(cursor)) <= MAX_CHARS - _ROOM
        return is_short and self._snapshots.is_fresh(self._base)

    async def make_room(self, cursor: CompositeCursor) -> None:
        """Raises LogUnavailable, StorageFull."""
        if not self.has_room(cursor):
            self._base = await self._snapshots.near(self._principal, cursor)
            self._delta = DeltaWriter(self._base.cursor)

    def write(self, cursor: CompositeCursor) -> str:
        """If it does not fit, the last id that did: no event was sent since then."""
        text = self._format(cursor)
        if len(text) <= MAX_CHARS:
            self._last = text
        return self._last

    def write_each(
        self, cursor: CompositeCursor, key: SessionKey, places: Iterable[Cursor]
    ) -> Sequence[str]:
        """One for each of these places in one session, all others being as in the cursor."""
        name = self._base.name
        ids = [f"{name}.{text}" for text in self._delta.write_each(cursor, key, places)]
        self._last = ids[-1]
        return ids

    def _format(self, cursor: CompositeCursor) -> str:
        return f"{self._base.name}.{self._delta.write(cursor)}"


def _parse_body(body: str) -> CompositeCursor:
    return parse_delta(body.removeprefix("m.")).applied_to(NO_POSITIONS)
