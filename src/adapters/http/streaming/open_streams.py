"""Lists the open streams, whichever writer each of them has."""

from collections.abc import Iterable

from adapters.http.streaming.channel import StreamChannel
from adapters.http.streaming.flush import StreamFlush
from application.watching.open_stream import OpenStream, StreamInfo
from application.watching.watch import Watch
from application.watching.watches import Watches


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
        writer=stream.writer,
        lag_events=watch.lag if watch else 0,
        bytes_sent=stream.bytes_sent + (channel.bytes_written if channel else 0),
        is_parked=channel is not None and channel.is_parked,
    )
