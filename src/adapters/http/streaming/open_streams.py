"""The list of the open streams, for those who run the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from adapters.http.streaming.channel import StreamChannel
from adapters.http.streaming.flush import StreamFlush
from application.watching.open_stream import OpenStream
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.ids import AgentName, SessionId, TaskId

Writer = Literal["portable", "reactor"]
"""`reactor`: by the flush, on a socket taken over from the server; else by the server itself."""


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


class OpenStreams:
    def __init__(self, *, watches: Watches, flush: StreamFlush) -> None:
        self._watches = watches
        self._flush = flush

    def listing(self) -> Iterable[StreamInfo]:
        channels, watches = self._flush.channels(), self._watches.own_watches()
        for stream in self._watches.streams():
            yield _info(stream, channels.get(stream), watches.get(stream))


def _info(stream: OpenStream, channel: StreamChannel | None, watch: Watch | None) -> StreamInfo:
    watch = channel.watch if channel else watch
    return StreamInfo(
        stream_id=str(stream.number),
        tenant=stream.principal.tenant,
        owner=stream.principal.owner,
        session_ids=stream.request.session_ids,
        agents=stream.request.agents,
        task_ids=stream.request.task_ids,
        since=stream.since,
        writer="reactor" if channel else "portable",
        lag_events=watch.lag if watch else 0,
        bytes_sent=stream.bytes_sent + (channel.bytes_written if channel else 0),
        is_parked=channel is not None and channel.is_parked,
    )
