"""The route that tells how many watch what."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import with_config
from typing_extensions import TypedDict

from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from application.watching.watches import Watches
from domain.principal import Principal
from ports.meter import Meter


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
