"""What a watch is about: one session, several, some tasks, or an agent wherever it works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from application.cursors.cursor import Cursor
from application.watching.log_reader import LogReader, Passed
from application.watching.stream_steps import EndReason
from application.watching.tails import TailEvent, Wake
from domain.ids import SessionId


@dataclass(frozen=True, slots=True)
class Place:
    """Watches of the same stream at the same position see the same from here on."""

    stream: tuple[str, str, SessionId]
    """The tenant and the owner of a session, and its name; all its events are wanted."""
    position: Cursor


class Subscription(Protocol):
    @property
    def has_plain_ids(self) -> bool:
        """Its cursor is that of one session's log: the seq and tag of each event are its cursor."""

    @property
    def needs_look(self) -> bool:
        """`look` must be awaited before the readers are complete again."""

    @property
    def ending(self) -> EndReason | None:
        """Why nothing more will come, once the readers are read to their ends."""

    @property
    def last_seq(self) -> int | None:
        """None when there is more than one session."""

    @property
    def place(self) -> Place | None:
        """None for what is not the whole of one session, or not read to its end."""

    def fork(self, wake: Wake) -> "Subscription":
        """The same at the same position, for another watcher. Only with a place."""

    def refresh(self) -> None:
        """Take up what has come into being since the last step; never blocks."""

    async def look(self) -> None:
        """Find what belongs to the subscription by now."""

    def readers(self) -> Sequence[LogReader]: ...

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        """ToolOutcome of everything that a reader's position moves over."""

    def cursor(self) -> str:
        """The cursor that stands for all positions as they are."""

    def cursor_at(self, reader: LogReader, event: TailEvent) -> str:
        """The same, with one reader just behind this event."""

    def close(self) -> None: ...
