"""The files of one SQLite database: whether they are there, unchanged and complete."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from struct import unpack

from sqlalchemy import Connection, func, select

from adapters.store.schema.tables import events, sessions
from domain.errors import StoreUnusable

_LOGGER = logging.getLogger(__name__)

_WAL_MAGIC = frozenset({0x377F0682, 0x377F0683})
_WAL_HEADER = 32
_HEAD_BYTES = 64 * 1024
_MASK = 0xFFFFFFFF

_Identity = tuple[int, int]

_LAST_STORED = (
    select(func.max(events.c.seq))
    .where(events.c.session_key == sessions.c.key)
    .correlate(sessions)
    .scalar_subquery()
)
_LOST_TAILS = select(sessions.c.key, sessions.c.last_seq, _LAST_STORED.label("last_stored")).where(
    sessions.c.last_seq >= sessions.c.first_seq,
    sessions.c.last_seq > func.coalesce(_LAST_STORED, 0),
)


class SqliteFiles:
    """`marker` is a file with the relative path of every database that ever had tables, one a line."""

    def __init__(self, path: Path, *, marker: Path | None = None) -> None:
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._beside = (self._log, path.with_name(f"{path.name}-shm"))
        self._marker = marker
        self._known: dict[Path, _Identity] = {}

    def check(self) -> None:
        """To be called before opening. Raises StoreUnusable where SQLite would start with data missing."""
        if not self._path.exists() or self._path.stat().st_size == 0:
            self.refuse_empty("is gone")
        if _is_damaged(self._log):
            raise StoreUnusable(
                f"the write-ahead log {self._log} is damaged: restore a backup, or move that file "
                "away to go on without the events that are nowhere else"
            )

    def refuse_empty(self, how: str = "is empty") -> None:
        """Raises StoreUnusable if the marker names it: it had tables once."""
        if self._marker is not None and self._name() in self._marked():
            raise StoreUnusable(
                f"the database {self._path} {how}, and there was one: restore a backup, "
                f"or remove {self._marker} to begin with an empty one"
            )

    def mark(self) -> None:
        """Record that it has tables; on a full disk, the next start does."""
        if self._marker is None or self._name() in self._marked():
            return
        with suppress(OSError):
            flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
            fd = os.open(self._marker, flags, 0o600)
            try:
                os.write(fd, f"{self._name()}\n".encode(errors="surrogateescape"))
            finally:
                os.close(fd)

    def opened(self) -> None:
        """The files that are there now are in use from now on; `lost` compares with them."""
        self._known = dict(self._identities())

    def closed(self) -> None:
        """No file is in use for now."""
        self._known = {}

    def lost(self) -> str | None:
        """A message about a file in use that was removed or replaced; None if all are the same."""
        for path, identity in self._known.items():
            if _identity(path) != identity:
                return f"{path} was removed or replaced while it was in use: restart the server"
        return None

    def _identities(self) -> Iterator[tuple[Path, _Identity]]:
        for path in (self._path, *self._beside):
            if (identity := _identity(path)) is not None:
                yield path, identity

    def _name(self) -> str:
        assert self._marker is not None
        return os.path.relpath(self._path, self._marker.parent)

    def _marked(self) -> list[str]:
        assert self._marker is not None
        try:
            return self._marker.read_text(errors="surrogateescape").splitlines()
        except OSError:
            return []


def lost_tails(connection: Connection) -> Sequence[str]:
    """One line for each session whose last events are gone, as after a damaged log."""
    return [
        f"log truncated: session {key} had {last_seq} events, those after {last_stored or 0} are lost"
        for key, last_seq, last_stored in connection.execute(_LOST_TAILS)
    ]


def warn_of_lost_tails(connection: Connection) -> None:
    """`last_seq` stays as it is: the seqs of the lost events must not be used again."""
    for lost in lost_tails(connection):
        _LOGGER.warning("%s; clients that saw them have to start over", lost)


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_damaged(log: Path) -> bool:
    """SQLite takes a log with a bad header for empty. One of zeros was never written."""
    try:
        with log.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return any(head) and not _is_sound(head[:_WAL_HEADER])


def _is_sound(header: bytes) -> bool:
    if len(header) < _WAL_HEADER:
        return False
    magic = unpack(">I", header[:4])[0]
    words = unpack(f"{'>' if magic & 1 else '<'}6I", header[:24])
    one = other = 0
    for place in range(0, len(words), 2):
        one = (one + words[place] + other) & _MASK
        other = (other + words[place + 1] + one) & _MASK
    return magic in _WAL_MAGIC and unpack(">2I", header[24:]) == (one, other)
