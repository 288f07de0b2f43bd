"""The strands of one watch, and the cursor that stands for all of them."""

from collections.abc import Callable, Sequence

from application.cursors.composite_cursor import NO_TASKS, CompositeCursor
from application.cursors.cursor import BEGINNING, Cursor
from application.watching.log_reader import Strand
from application.watching.tails import TailEvent
from domain.ids import SessionKey

Write = Callable[[CompositeCursor], str]


class StrandSet:
    def __init__(self, *, has_plain_ids: bool, write: Write) -> None:
        self.has_plain_ids = has_plain_ids
        self.horizon = NO_TASKS
        self._write = write
        self._strands: dict[SessionKey, Strand] = {}

    def __contains__(self, session_key: SessionKey) -> bool:
        return session_key in self._strands

    def add(self, strand: Strand) -> None:
        self._strands[strand.session_key] = strand

    def get(self, session_key: SessionKey) -> Strand | None:
        return self._strands.get(session_key)

    def remove(self, strand: Strand) -> None:
        strand.leave()
        self._strands.pop(strand.session_key, None)

    def all(self) -> Sequence[Strand]:
        """Without those whose session was deleted."""
        return [strand for strand in self._strands.values() if not strand.tail.is_deleted]

    def deleted(self) -> Sequence[Strand]:
        """Those whose session was deleted, if they were not removed yet."""
        return [strand for strand in self._strands.values() if strand.tail.is_deleted]

    @property
    def are_all_deleted(self) -> bool:
        return all(strand.tail.is_deleted for strand in self._strands.values())

    @property
    def last_seq(self) -> int | None:
        if not self.has_plain_ids:
            return None
        return next((strand.tail.last_seq for strand in self._strands.values()), None)

    def cursor(self) -> str:
        positions = {strand.session_key: strand.position for strand in self._strands.values()}
        return self._written(positions)

    def cursor_at(self, strand: Strand, event: TailEvent) -> str:
        positions = {other.session_key: other.position for other in self._strands.values()}
        positions[strand.session_key] = Cursor(event.stored.seq, event.stored.tag)
        return self._written(positions)

    def close(self) -> None:
        for strand in self._strands.values():
            strand.leave()

    def _written(self, positions: dict[SessionKey, Cursor]) -> str:
        if self.has_plain_ids:
            return str(next(iter(positions.values()), BEGINNING))
        return self._write(CompositeCursor(positions=positions, horizon=self.horizon))
