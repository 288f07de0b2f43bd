"""A place in several sessions' logs at once; clients hold it as an opaque text."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from application.cursors.cursor import Cursor
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag, TaskId

MAX_CHARS = 2048
LEAST_PART = len("1-1-00000000.")
_MOST = 2**63
"""What a store can count up to."""
_PART = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{8})")
_HORIZON = re.compile(r"([1-9a-f][0-9a-f]{0,15})-([0-9a-f]{8})")
_NUMBER = re.compile(r"[0-9a-f]{1,16}")

WritePart = Callable[[SessionKey, Cursor], str]


@dataclass(frozen=True, slots=True)
class Horizon:
    """The task before which no other can turn up any more, and what tells its history."""

    number: int
    tag: Tag

    def __str__(self) -> str:
        return f"{self.number:x}-{self.tag}" if self.number else "0"


NO_TASKS = Horizon(0, Tag("00000000"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeCursor:
    positions: Mapping[SessionKey, Cursor]
    """Seq 0 stands for the beginning; its tag says nothing."""
    horizon: Horizon = NO_TASKS
    """All tasks up to it are in `positions` or were read to their end."""

    def __str__(self) -> str:
        return self.text(part)

    def text(self, write: WritePart) -> str:
        """`write` gives what `part` does."""
        parts = [write(key, at) for key, at in self.positions.items()]
        return ".".join(["m", str(self.horizon), *parts])


def horizon_at(number: int, task_id: TaskId) -> Horizon:
    """Two stores give a number to two tasks, and so two tags."""
    return Horizon(number, Tag(hashlib.sha256(task_id.encode()).hexdigest()[:8]))


def part(key: SessionKey, at: Cursor) -> str:
    """A place in one of the sessions."""
    return f"{key:x}-{at.seq:x}-{at.tag}"


def parse_part(text: str) -> tuple[SessionKey, Cursor]:
    """Raises InvalidCursor for what `part` never gives."""
    if (match := _PART.fullmatch(text)) is None:
        raise _invalid()
    return parse_key(match[1]), Cursor(_counted(match[2]), Tag(match[3]))


def parse_key(text: str) -> SessionKey:
    """Raises InvalidCursor."""
    if not _NUMBER.fullmatch(text):
        raise _invalid()
    return SessionKey(_counted(text))


def parse_horizon(text: str) -> Horizon:
    """Raises InvalidCursor."""
    if text == "0":
        return NO_TASKS
    if (match := _HORIZON.fullmatch(text)) is None:
        raise _invalid()
    return Horizon(_counted(match[1]), Tag(match[2]))


def parse_composite(text: str) -> CompositeCursor:
    """Raises InvalidCursor for what no stream of several sessions has given out."""
    mark, _, rest = text.partition(".")
    horizon, *parts = rest.split(".")
    if mark != "m":
        raise _invalid()
    return CompositeCursor(positions=dict(map(parse_part, parts)), horizon=parse_horizon(horizon))


def _counted(text: str) -> int:
    if (number := int(text, 16)) >= _MOST:
        raise _invalid()
    return number


def _invalid() -> InvalidCursor:
    return InvalidCursor("cursor", "use the id of an event of this stream as it came")
