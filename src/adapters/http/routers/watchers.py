"""Routes that show who watches: every open stream for operators, counts for everybody."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime
from adapters.http.problems.problem import Problem, problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.streaming.open_streams import StreamInfo, StreamListing, Writer
from adapters.wire import timestamp
from application.watching.watches import Watches
from domain.principal import Principal
from ports.meter import Meter


class StreamAnswer(TypedDict):
    stream_id: str
    owner: str
    session_ids: list[str]
    agents: list[str]
    task_ids: list[str]
    since: AnswerTime
    writer: Writer
    lag_events: int
    bytes_sent: int
    is_parked: bool


@with_config(defer_build=True)
class StreamsAnswer(TypedDict):
    items: list[StreamAnswer]


def stream_listing_router(*, streams: StreamListing, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, tags=["operations"])

    @router.get("/streams", responses=problems(403))
    async def list_streams(principal: Annotated[Principal, Depends(caller)]) -> StreamsAnswer:
        """Every open stream, the oldest first: what it watches, and how far it is behind its log."""
        if not principal.is_local:
            raise _for_operators()
        return StreamsAnswer(items=[_answer(info) for info in streams.listing()])

    return router


def _answer(info: StreamInfo) -> StreamAnswer:
    return StreamAnswer(
        stream_id=info.stream_id,
        owner=info.owner,
        session_ids=list(info.session_ids),
        agents=list(info.agents),
        task_ids=list(info.task_ids),
        since=timestamp(info.since),
        writer=info.writer,
        lag_events=info.lag_events,
        bytes_sent=info.bytes_sent,
        is_parked=info.is_parked,
    )


def _for_operators() -> Problem:
    return Problem(
        status=403, code="operators_only", detail="Only those who run the server may see this."
    )


@with_config(defer_build=True)
class StreamStats(TypedDict):
    total_agents: int
    total_clients: int
    agents: dict[str, int]
    sessions: int
    events_sent: int
    bytes_sent: int
    resets: int
    parked: int
    store_reads: int


def stream_stats_router(*, watches: Watches, meter: Meter, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, tags=["streams"])

    @router.get("/sse/stats", responses=problems())
    async def stream_stats(principal: Annotated[Principal, Depends(caller)]) -> StreamStats:
        """Who is connected now, and what was sent since the start of the server."""
        counts = watches.counts()
        return StreamStats(
            total_agents=len(counts.agents),
            total_clients=counts.watchers,
            agents=counts.agents,
            sessions=counts.sessions,
            events_sent=meter.total("events_sent"),
            bytes_sent=meter.total("bytes_sent"),
            resets=meter.total("resets"),
            parked=meter.level("watchers_parked"),
            store_reads=meter.total("store_reads"),
        )

    return router
