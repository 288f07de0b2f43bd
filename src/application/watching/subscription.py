"""What a watch reads: the logs of some sessions, and how more of them are found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from application.cursors.cursor import Cursor
from application.watching.log_reader import LogReader, Passed
from application.watching.log_readers import LogReaders
from application.watching.stream_steps import EndReason
from application.watching.tails import Wake
from domain.ids import SessionId


class Subscription:
    """The default: always the same logs, and no end. Each kind of stream overrides what differs."""

    def __init__(self, logs: LogReaders) -> None:
        self.logs = logs

    @property
    def needs_look(self) -> bool:
        """`look` must be awaited before the next event may be sent."""
        return False

    @property
    def ending(self) -> EndReason | None:
        """Why nothing more will come, once the readers are read to their ends."""
        return None

    @property
    def shareable(self) -> "Shareable | None":
        """Itself, if watchers of the same can be served by one watch."""
        return None

    def refresh(self) -> None:
        """Take up what changed since the last step; never blocks."""

    async def look(self) -> None:
        """Ask the stores for what belongs to the subscription. Raises LogUnavailable, StorageFull."""

    def readers(self) -> Sequence[LogReader]:
        """Those to read from now."""
        return self.logs.all()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        """Called with all that the reader's position has moved over, before it is sent."""

    def close(self) -> None:
        self.logs.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Watches of the same stream at the same position see the same from here on."""

    stream: tuple[str, str, SessionId]
    """A session by its tenant, its owner and its name. All its events are wanted."""
    position: Cursor


class Shareable(Protocol):
    @property
    def place(self) -> Place | None:
        """None while there are events to read, or when the session is deleted."""

    def fork(self, wake: Wake) -> Subscription:
        """The same at the same position, for another watcher."""
