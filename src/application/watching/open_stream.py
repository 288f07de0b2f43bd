"""One client's stream, from its opening to its end, and how those who run the server see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from application.watching.stream_cap import Admission
from application.watching.stream_request import StreamRequest
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import Principal

Writer = Literal["portable", "detached", "reactor"]


@dataclass(slots=True, eq=False)
class OpenStream:
    number: int
    """Counts from 1 in the order of opening."""
    principal: Principal
    request: StreamRequest
    since: datetime
    admission: Admission
    writer: Writer = "portable"
    bytes_sent: int = 0


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
