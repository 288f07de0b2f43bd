"""Routes that send events: of many tasks as they happen, of one session, of one task."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.answers.route_schemas import EVENTS, LINES, RESUMABLE, STREAM_OR_OVER
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.direct_route import DirectRoute
from adapters.http.requests.parameters import path_agent_name, path_session_id, path_task_id
from adapters.http.requests.stream_query import (
    FilteredStreamQuery,
    HistoryQuery,
    StreamQuery,
    cursor_named,
    ids_of,
    start_of,
    types_of,
)
from adapters.http.streaming.gzip_response import as_asked
from adapters.http.streaming.history import EventAnswers
from adapters.http.streaming.streams import Streams
from application.serving.server_coordinator import ServerCoordinator
from application.serving.sessions import Sessions
from application.watching.history import HistoryOf
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


def session_events_router(
    *, answers: EventAnswers, sessions: Sessions, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=DirectRoute, prefix="/sessions/{session_id}", tags=["streams"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get(
        "/events",
        responses=EVENTS | problems(409),
        response_class=Response,
        openapi_extra=RESUMABLE,
    )
    async def session_events(
        session_id: str,
        request: Request,
        query: Annotated[HistoryQuery, Query()],
        principal: Asker,
    ) -> Response:
        """A session's events: a stream, a page of JSON or lines of JSON, by Accept."""
        session = await sessions.get(principal, path_session_id(session_id))
        of = HistoryOf(session_key=session.session_key, event_types=types_of(query))
        asked = StreamRequest(
            session_ids=(session.session_id,),
            event_types=of.event_types,
            start=start_of(request, query),
        )
        return await answers.respond(request, query, principal, of=of, asked=asked)

    @router.get("/export", responses={200: LINES, **problems(409)}, response_class=Response)
    async def session_export(session_id: str, principal: Asker) -> Response:
        """All that the log holds of a session, one event a line."""
        session = await sessions.get(principal, path_session_id(session_id))
        everything = StreamQuery().wanted_types
        return await answers.everything(
            HistoryOf(session_key=session.session_key, event_types=everything)
        )

    return router


def task_events_router(
    *, answers: EventAnswers, coordinator: ServerCoordinator, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=DirectRoute, prefix="/tasks/{task_id}", tags=["streams"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get(
        "/events",
        responses=EVENTS | problems(409),
        response_class=Response,
        openapi_extra=RESUMABLE,
    )
    async def task_events(
        task_id: str,
        request: Request,
        query: Annotated[HistoryQuery, Query()],
        principal: Asker,
    ) -> Response:
        """A task's events from its beginning: a stream, a page of JSON or lines, by Accept."""
        task = await coordinator.get_task(principal, path_task_id(task_id))
        of = HistoryOf(
            session_key=task.session_key,
            task_id=task.task_id,
            first_seq=task.first_seq,
            last_seq=task.last_seq,
            event_types=types_of(query),
        )
        asked = StreamRequest(
            task_ids=(task.task_id,),
            event_types=of.event_types,
            start=start_of(request, query),
        )
        return await answers.respond(request, query, principal, of=of, asked=asked)

    return router
