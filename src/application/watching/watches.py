"""Opens watches, within the cap on streams, and keeps the list of the open ones."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from application.watching.agent_stream import AgentStream
from application.watching.chronology import Chronology
from application.watching.log_reader import Pages
from application.watching.open_stream import OpenStream
from application.watching.session_stream import SessionStream
from application.watching.stream_cap import Admission, StreamCap
from application.watching.stream_request import StreamRequest
from application.watching.stream_sources import Opening, StreamSources, Subscriber
from application.watching.stream_steps import EndReason
from application.watching.task_stream import TaskStream
from application.watching.wake import WakeSignal
from application.watching.watch import Watch
from domain.errors import AgentNotFound, InvalidInput
from domain.principal import Principal
from ports.event_codec import EventCodec
from ports.meter import Meter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCounts:
    watchers: int
    agents: dict[str, int] = field(default_factory=dict)
    """By the agents that were asked for by name."""
    sessions: int = 0
    """How many different ones were asked for by name."""


class Watches:
    """A stream is open from `open` until `close` or `leave`, whatever watches it is written from."""

    def __init__(
        self, *, sources: StreamSources, codec: EventCodec, meter: Meter, cap: StreamCap
    ) -> None:
        self._sources = sources
        self._codec = codec
        self._pages = Pages(log=sources.log, render=sources.tails.render)
        self._meter = meter
        self._cap = cap
        self._live: set[Watch] = set()
        self._streams: dict[OpenStream, None] = {}
        self._same: dict[StreamRequest, StreamRequest] = {}
        self._opened = 0
        self._draining: EndReason | None = None

    async def open(self, principal: Principal, request: StreamRequest) -> Watch | None:
        """A watch, which the caller must close; None when all that was asked for is over and read.

        Raises InvalidInput (no filter, an unknown task or agent), InvalidCursor, LimitReached.
        """
        self._check(request)
        wake, admission = WakeSignal(), self._cap.admit(principal)
        try:
            opening = await self._opening(Subscriber(principal, wake), request)
        except BaseException:
            admission.release()
            self._sources.tails.forget(wake)
            raise
        if opening is None:
            admission.release()
            return None
        return self._started(opening, self._stream(principal, request, admission), wake)

    def close(self, watch: Watch) -> None:
        """End the watch and its stream; a second time does nothing."""
        self.stop(watch)
        self.leave(watch.stream)

    def stop(self, watch: Watch) -> None:
        """End the watch only; its stream is written from another one, and `leave` ends it later."""
        watch.close()
        self._live.discard(watch)

    def leave(self, stream: OpenStream) -> None:
        """End the stream; a second time does nothing."""
        if stream in self._streams:
            del self._streams[stream]
            stream.admission.release()
            self._meter.add("watchers_closed")
        if not self._streams:
            self._same.clear()

    def let_go(self, stream: OpenStream, *, after_s: float, writer: str) -> None:
        """Count and log a client that takes nothing of its stream; the caller ends the stream.

        `writer` is how it was written, for the log line.
        """
        self._meter.add("watchers_let_go")
        log.warning(
            "let go of a client that took nothing for %g s: stream %d, written %s, of %s",
            after_s,
            stream.number,
            writer,
            ", ".join(
                (*stream.request.session_ids, *stream.request.agents, *stream.request.task_ids)
            ),
        )

    def fork(self, watch: Watch, stream: OpenStream) -> Watch:
        """A second watch from where this one is, for a stream that is open."""
        forked = watch.fork(WakeSignal(), stream)
        self._live.add(forked)
        return forked

    def sent(self, *, events: int, size: int) -> None:
        """Count what was written to clients."""
        self._meter.add("events_sent", events)
        self._meter.add("bytes_sent", size)

    def written(self, shown_at: float | None) -> None:
        """Record how long events took from their commit to the write that has just ended."""
        if shown_at is not None:
            took_s = self._sources.clock.monotonic() - shown_at
            self._meter.observe("delivery", max(0.0, took_s))

    def end_all(self, reason: EndReason) -> None:
        """End every stream, and those that are opened from now on."""
        self._draining = reason
        for watch in tuple(self._live):
            watch.end(reason)

    def streams(self) -> Sequence[OpenStream]:
        """The oldest first."""
        return tuple(self._streams)

    def own_watches(self) -> Mapping[OpenStream, Watch]:
        """The watch of each stream that has one of its own."""
        return {watch.stream: watch for watch in self._live}

    def counts(self) -> StreamCounts:
        requests = Counter(stream.request for stream in self._streams)
        agents: Counter[str] = Counter()
        for request, count in requests.items():
            agents.update(dict.fromkeys(request.agents, count))
        return StreamCounts(
            watchers=len(self._streams),
            agents=dict(agents),
            sessions=len({name for request in requests for name in request.session_ids}),
        )

    def _check(self, request: StreamRequest) -> None:
        if not (request.session_ids or request.agents or request.task_ids):
            raise InvalidInput("session_id", "give a session_id, an agent_id or a task_id")
        for agent in request.agents:
            try:
                self._sources.catalog.get(agent)
            except AgentNotFound as error:
                raise InvalidInput("agent_id", f"there is no agent {agent!r}") from error

    async def _opening(self, subscriber: Subscriber, request: StreamRequest) -> Opening | None:
        if request.task_ids:
            return await TaskStream(self._sources, subscriber).open(request)
        if request.session_ids:
            return await SessionStream(self._sources, subscriber).open(request)
        return await AgentStream(self._sources, subscriber).open(request)

    def _stream(
        self, principal: Principal, request: StreamRequest, admission: Admission
    ) -> OpenStream:
        self._opened += 1
        stream = OpenStream(
            number=self._opened,
            principal=principal,
            request=self._same.setdefault(request, request),  # one object for thousands of streams
            since=self._sources.clock.now(),
            admission=admission,
        )
        self._streams[stream] = None
        self._meter.add("watchers_opened")
        return stream

    def _started(self, opening: Opening, stream: OpenStream, wake: WakeSignal) -> Watch:
        watch = Watch(
            opening.subscription,
            stream=stream,
            opening=opening.steps,
            pages=self._pages,
            meter=self._meter,
            wake=wake,
            opened_at=self._sources.clock.monotonic(),
            past=Chronology(opening.past, self._codec) if opening.past else None,
        )
        self._live.add(watch)
        self._meter.add("resets", len(opening.steps) - 1)
        if self._draining:
            watch.end(self._draining)
        return watch
