"""The route by which those who run the server see each stream and how far behind it is."""

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
from domain.principal import Principal


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
