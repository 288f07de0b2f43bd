"""Opens watches for those who may see what they ask for, and keeps count of them."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from application.agent_stream import AgentStream
from application.session_stream import SessionStream
from application.stream_request import StreamRequest
from application.stream_sources import Asker, Opening, StreamSources
from application.stream_steps import EndReason
from application.task_stream import TaskStream
from application.watch import Watch
from domain.errors import AgentNotFound, InvalidInput
from domain.principal import Principal
from ports.event_codec import EventCodec
from ports.meter import Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCounts:
    watchers: int
    agents: dict[str, int] = field(default_factory=dict)
    """By the agents that were asked for by name."""
    sessions: int = 0
    """How many different ones were asked for by name."""


class Watches:
    def __init__(self, *, sources: StreamSources, codec: EventCodec, meter: Meter) -> None:
        self._sources = sources
        self._codec = codec
        self._meter = meter
        self._open: dict[Watch, StreamRequest] = {}
        self._draining: EndReason | None = None

    async def open(self, principal: Principal, request: StreamRequest) -> Watch | None:
        """A watch to be stepped and closed; None when all that was asked for is over and read.

        Raises InvalidInput (no filter, an unknown task or agent), InvalidCursor.
        """
        self._check(request)
        woken = asyncio.Event()
        try:
            opening = await self._opening(Asker(principal, woken.set), request)
        except BaseException:
            self._sources.tails.forget(woken.set)
            raise
        return self._started(opening, request, woken) if opening else None

    def close(self, watch: Watch) -> None:
        watch.close()
        if self._open.pop(watch, None) is not None:
            self._meter.add("watchers_closed")

    def end_all(self, reason: EndReason) -> None:
        """End every stream, and those that are opened from now on."""
        self._draining = reason
        for watch in self._open:
            watch.end(reason)

    def counts(self) -> StreamCounts:
        requests = self._open.values()
        return StreamCounts(
            watchers=len(requests),
            agents=_tally(agent for request in requests for agent in request.agents),
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

    async def _opening(self, asker: Asker, request: StreamRequest) -> Opening | None:
        if request.task_ids:
            return await TaskStream(self._sources, asker).open(request)
        if request.session_ids:
            return await SessionStream(self._sources, asker).open(request)
        return await AgentStream(self._sources, asker).open(request)

    def _started(self, opening: Opening, request: StreamRequest, woken: asyncio.Event) -> Watch:
        watch = Watch(
            opening.scope,
            opening=opening.steps,
            log=self._sources.log,
            codec=self._codec,
            meter=self._meter,
            woken=woken,
        )
        self._open[watch] = request
        self._meter.add("watchers_opened")
        self._meter.add("resets", len(opening.steps) - 1)
        if self._draining:
            watch.end(self._draining)
        return watch


def _tally(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))
