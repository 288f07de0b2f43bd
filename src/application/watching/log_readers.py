"""The logs that one watch reads, and the cursor that stands for its place in all of them."""

from collections.abc import Iterable, Sequence

from application.cursors.composite_cursor import NO_TASKS, CompositeCursor
from application.cursors.cursor import BEGINNING, Cursor
from application.cursors.cursor_snapshots import CursorWriter
from application.watching.log_reader import LogReader
from application.watching.tails import TailEvent
from domain.ids import SessionKey


class LogReaders:
    def __init__(self, cursors: CursorWriter | None = None) -> None:
        """With no `cursors` there is at most one log, and its own cursors are the stream's."""
        self.horizon = NO_TASKS
        self._cursors = cursors
        self._readers: dict[SessionKey, LogReader] = {}

    def __contains__(self, session_key: SessionKey) -> bool:
        return session_key in self._readers

    def add(self, reader: LogReader) -> None:
        self._readers[reader.session_key] = reader

    def get(self, session_key: SessionKey) -> LogReader | None:
        return self._readers.get(session_key)

    def remove(self, reader: LogReader) -> None:
        reader.leave()
        self._readers.pop(reader.session_key, None)

    def all(self) -> Sequence[LogReader]:
        """Without those whose session was deleted."""
        return [reader for reader in self._readers.values() if not reader.tail.is_deleted]

    def deleted(self) -> Sequence[LogReader]:
        """Those whose session was deleted and that were not removed yet."""
        return [reader for reader in self._readers.values() if reader.tail.is_deleted]

    @property
    def are_all_deleted(self) -> bool:
        return all(reader.tail.is_deleted for reader in self._readers.values())

    @property
    def has_plain_ids(self) -> bool:
        """The events of the stream have the ids that they have in their session's log."""
        return self._cursors is None

    @property
    def last_seq(self) -> int | None:
        """None for a stream of several sessions, and before the one session exists."""
        if not self.has_plain_ids:
            return None
        return next((reader.tail.last_seq for reader in self._readers.values()), None)

    @property
    def has_room(self) -> bool:
        """The ids of the next events fit; otherwise await `make_room` before they are sent."""
        return self._cursors is None or self._cursors.has_room(self._composite())

    async def make_room(self) -> None:
        """Raises LogUnavailable, StorageFull."""
        if self._cursors:
            await self._cursors.make_room(self._composite())

    def cursor(self) -> str:
        """The id of the place where all the readers are."""
        if self._cursors:
            return self._cursors.write(self._composite())
        return str(next((reader.position for reader in self._readers.values()), BEGINNING))

    def cursors_at(self, reader: LogReader, events: Iterable[TailEvent]) -> Sequence[str] | None:
        """The ids of the events that this reader passed last, if they are not the events' own."""
        if self._cursors is None:
            return None
        places = [Cursor(event.stored.seq, event.stored.tag) for event in events]
        return self._cursors.write_each(self._composite(), reader.session_key, places)

    def close(self) -> None:
        for reader in self._readers.values():
            reader.leave()

    def _composite(self) -> CompositeCursor:
        positions = {key: reader.position for key, reader in self._readers.items()}
        return CompositeCursor(positions=positions, horizon=self.horizon)
