"""Routes that cast events as they happen, of many tasks in one stream."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.answers.route_schemas import RESUMABLE, STREAM_OR_OVER
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.direct_route import DirectRoute
from adapters.http.requests.parameters import path_agent_name
from adapters.http.requests.stream_query import (
    FilteredStreamQuery,
    StreamQuery,
    cursor_named,
    ids_of,
    start_of,
    types_of,
)
from adapters.http.streaming.gzip_response import as_asked
from adapters.http.streaming.streams import Streams
from application.serving.server_coordinator import ServerCoordinator
from application.watching.stream_request import StreamRequest
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import Principal

_ANSWERS = STREAM_OR_OVER | problems()


def streams_router(
    *, streams: Streams, coordinator: ServerCoordinator, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=DirectRoute, tags=["streams"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/sse", responses=_ANSWERS, response_class=Response, openapi_extra=RESUMABLE)
    async def stream(
        request: Request, query: Annotated[FilteredStreamQuery, Query()], principal: Asker
    ) -> Response:
        """Events as they happen, by session, agent or task; resumable from any of them."""
        asked = StreamRequest(
            session_ids=tuple(map(SessionId, ids_of(query.session_id))),
            agents=tuple(map(AgentName, ids_of(query.agent_id))),
            task_ids=tuple(map(TaskId, ids_of(query.task_id))),
            event_types=types_of(query),
            start=start_of(request, query),
        )
        with cursor_named(request):
            return as_asked(await streams.respond(principal, asked), request, query)

    @router.get(
        "/agents/{name}/stream",
        responses=_ANSWERS,
        response_class=Response,
        openapi_extra=RESUMABLE,
    )
    async def agent_stream(
        name: str, request: Request, query: Annotated[StreamQuery, Query()], principal: Asker
    ) -> Response:
        """What an agent does in all your sessions; its new tasks join as they come."""
        agent = coordinator.profile(path_agent_name(name)).name
        asked = StreamRequest(
            agents=(agent,), event_types=types_of(query), start=start_of(request, query)
        )
        with cursor_named(request):
            return as_asked(await streams.respond(principal, asked), request, query)

    return router
