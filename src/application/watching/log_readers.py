"""The readers of one watch, and the cursor that stands for all of them."""

from collections.abc import Callable, Sequence

from application.cursors.composite_cursor import NO_TASKS, CompositeCursor
from application.cursors.cursor import BEGINNING, Cursor
from application.watching.log_reader import LogReader
from application.watching.tails import TailEvent
from domain.ids import SessionKey

Write = Callable[[CompositeCursor], str]


class LogReaders:
    def __init__(self, *, has_plain_ids: bool, write: Write) -> None:
        self.has_plain_ids = has_plain_ids
        self.horizon = NO_TASKS
        self._write = write
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
        """Those whose session was deleted, if they were not removed yet."""
        return [reader for reader in self._readers.values() if reader.tail.is_deleted]

    @property
    def are_all_deleted(self) -> bool:
        return all(reader.tail.is_deleted for reader in self._readers.values())

    @property
    def last_seq(self) -> int | None:
        if not self.has_plain_ids:
            return None
        return next((reader.tail.last_seq for reader in self._readers.values()), None)

    def cursor(self) -> str:
        positions = {reader.session_key: reader.position for reader in self._readers.values()}
        return self._written(positions)

    def cursor_at(self, reader: LogReader, event: TailEvent) -> str:
        positions = {other.session_key: other.position for other in self._readers.values()}
        positions[reader.session_key] = Cursor(event.stored.seq, event.stored.tag)
        return self._written(positions)

    def close(self) -> None:
        for reader in self._readers.values():
            reader.leave()

    def _written(self, positions: dict[SessionKey, Cursor]) -> str:
        if self.has_plain_ids:
            return str(next(iter(positions.values()), BEGINNING))
        return self._write(CompositeCursor(positions=positions, horizon=self.horizon))
