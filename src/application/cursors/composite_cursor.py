"""A place in several sessions' logs at once; to clients it is an opaque text."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from application.cursors.cursor import Cursor
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag, TaskId

_TOO_LARGE = 2**63
"""The first number that no store can give to a session, an event or a task."""
_PART = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{8})")
_HORIZON = re.compile(r"([1-9a-f][0-9a-f]{0,15})-([0-9a-f]{8})")
_KEY = re.compile(r"[0-9a-f]{1,16}")


@dataclass(frozen=True, slots=True)
class Horizon:
    """A task, by its number, before which no task can appear any more.

    The tag is to a task's number what an event's tag is to its seq: another store, or an older
    backup, may have given the same number to another task.
    """

    number: int
    tag: Tag

    def __str__(self) -> str:
        return f"{self.number:x}-{self.tag}" if self.number else "0"


NO_TASKS = Horizon(0, Tag("00000000"))


def horizon_at(number: int, task_id: TaskId) -> Horizon:
    return Horizon(number, Tag(hashlib.sha256(task_id.encode()).hexdigest()[:8]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeCursor:
    positions: Mapping[SessionKey, Cursor]
    """Seq 0 is the beginning, whatever its tag."""
    horizon: Horizon = NO_TASKS
    """Each task up to it is in one of the `positions` or was read to its end."""


NO_POSITIONS = CompositeCursor(positions={})


class DeltaWriter:
    """Writes cursors as deltas from a base: `<horizon>.<part>.<part>…`.

    A part is a place that moved, or the key of a session that is gone. A writer keeps the parts
    that it wrote last, since from one cursor of a stream to the next hardly any place moves.
    """

    def __init__(self, base: CompositeCursor) -> None:
        self._base = base.positions
        self._positions = dict(base.positions)
        self._moved: dict[SessionKey, str] = {}
        self._gone: dict[SessionKey, str] = {}

    def write(self, cursor: CompositeCursor) -> str:
        self._follow(cursor.positions)
        return ".".join([str(cursor.horizon), *self._moved.values(), *self._gone.values()])

    def write_each(
        self, cursor: CompositeCursor, key: SessionKey, places: Iterable[Cursor]
    ) -> Sequence[str]:
        """One for each of these places in one session, all others being as in the cursor."""
        self._follow(cursor.positions)
        others = [part for other, part in self._moved.items() if other != key]
        prefix = ".".join([str(cursor.horizon), *self._gone.values(), *others])
        return [f"{prefix}.{_part(key, at)}" for at in places]

    def _follow(self, positions: Mapping[SessionKey, Cursor]) -> None:
        known = self._positions
        for key, at in positions.items():
            if known.get(key) is not at:
                known[key] = at
                self._gone.pop(key, None)
                if self._base.get(key) == at:
                    self._moved.pop(key, None)
                else:
                    self._moved[key] = _part(key, at)
        if len(known) > len(positions):
            for key in known.keys() - positions.keys():
                del known[key]
                self._moved.pop(key, None)
                if key in self._base:
                    self._gone[key] = f"{key:x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What a DeltaWriter wrote, without its base."""

    horizon: Horizon
    moved: Mapping[SessionKey, Cursor]
    gone: Collection[SessionKey]

    def applied_to(self, base: CompositeCursor) -> CompositeCursor:
        """Raises InvalidCursor if a session is gone that the base does not have."""
        positions = {**base.positions, **self.moved}
        for key in self.gone:
            if positions.pop(key, None) is None:
                raise invalid_cursor()
        return CompositeCursor(positions=positions, horizon=self.horizon)


def parse_delta(text: str) -> Delta:
    """Raises InvalidCursor for a text that no DeltaWriter can have written."""
    horizon, *parts = text.split(".")
    return Delta(
        horizon=_parse_horizon(horizon),
        moved=dict(_parse_part(part) for part in parts if "-" in part),
        gone=[_parse_key(part) for part in parts if "-" not in part],
    )


def invalid_cursor() -> InvalidCursor:
    return InvalidCursor("cursor", "use the id of an event of this stream as it came")


def _part(key: SessionKey, at: Cursor) -> str:
    return f"{key:x}-{at.seq:x}-{at.tag}"


def _parse_horizon(text: str) -> Horizon:
    if text == "0":
        return NO_TASKS
    if (match := _HORIZON.fullmatch(text)) is None:
        raise invalid_cursor()
    return Horizon(_parse_number(match[1]), Tag(match[2]))


def _parse_part(text: str) -> tuple[SessionKey, Cursor]:
    if (match := _PART.fullmatch(text)) is None:
        raise invalid_cursor()
    at = Cursor(_parse_number(match[2]), Tag(match[3]))
    return SessionKey(_parse_number(match[1])), at


def _parse_key(text: str) -> SessionKey:
    if _KEY.fullmatch(text) is None:
        raise invalid_cursor()
    return SessionKey(_parse_number(text))


def _parse_number(text: str) -> int:
    if (number := int(text, 16)) >= _TOO_LARGE:
        raise invalid_cursor()
    return number
