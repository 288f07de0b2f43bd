"""An open stream as those who run the server see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from domain.ids import AgentName, SessionId, TaskId

Writer = Literal["portable", "detached", "reactor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    stream_id: str
    tenant: str
    owner: str
    session_ids: tuple[SessionId, ...] = ()
    agents: tuple[AgentName, ...] = ()
    task_ids: tuple[TaskId, ...] = ()
    since: datetime
    writer: Writer
    lag_events: int
    """How many committed events it has yet to be sent or pass over; of several logs, the sum."""
    bytes_sent: int
    is_parked: bool
    """Its client does not take what is sent, so nothing more is prepared for it."""


class StreamListing(Protocol):
    def listing(self) -> Iterable[StreamInfo]:
        """Every open stream, the oldest first; the event loop's own thread asks."""
