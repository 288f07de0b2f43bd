"""Routes that cast events: as a stream, as pages, as lines."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.caller import Caller
from adapters.http.path_ids import path_agent_name, path_session_id, path_task_id
from adapters.http.problem import field_problem
from adapters.http.problem_schema import problems
from adapters.http.stream_gzip import as_asked
from adapters.http.stream_history import json_lines, json_page, wanted_format
from adapters.http.stream_query import (
    FilteredStreamQuery,
    HistoryQuery,
    StreamQuery,
    ids_of,
    start_of,
)
from adapters.http.stream_schema import EVENTS, LINES, STREAM_OR_OVER
from adapters.http.streams import Streams
from application.history import History, HistoryOf
from application.server_coordinator import ServerCoordinator
from application.sessions import Sessions
from application.stream_request import FromNow, Replay, StreamRequest
from domain.errors import InvalidInput
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import Principal


def streams_router(
    *,
    streams: Streams,
    history: History,
    coordinator: ServerCoordinator,
    sessions: Sessions,
    caller: Caller,
) -> APIRouter:
    router = APIRouter(tags=["streams"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/sse", responses=STREAM_OR_OVER | problems(), response_class=Response)
    async def stream(
        request: Request, query: Annotated[FilteredStreamQuery, Query()], principal: Asker
    ) -> Response:
        """Events as they happen, by session, agent or task; resumable from any of them."""
        asked = StreamRequest(
            session_ids=tuple(map(SessionId, ids_of(query.session_id))),
            agents=tuple(map(AgentName, ids_of(query.agent_id))),
            task_ids=tuple(map(TaskId, ids_of(query.task_id))),
            event_types=_types(query),
            start=start_of(request, query),
        )
        return as_asked(await streams.respond(principal, asked), request, query)

    @router.get(
        "/sessions/{session_id}/events", responses=EVENTS | problems(409), response_class=Response
    )
    async def session_events(
        session_id: str,
        request: Request,
        query: Annotated[HistoryQuery, Query()],
        principal: Asker,
    ) -> Response:
        """A session's events: a stream, a page of JSON or lines of JSON, by Accept."""
        session = await sessions.get(principal, path_session_id(session_id))
        of = HistoryOf(session_key=session.session_key, event_types=_types(query))
        asked = StreamRequest(
            session_ids=(session.session_id,),
            event_types=of.event_types,
            start=start_of(request, query),
        )
        return await _events(request, query, principal, of, asked)

    @router.get(
        "/sessions/{session_id}/export",
        responses={200: LINES, **problems()},
        response_class=Response,
    )
    async def session_export(session_id: str, principal: Asker) -> Response:
        """All that the log holds of a session, one event a line."""
        session = await sessions.get(principal, path_session_id(session_id))
        everything = StreamQuery().wanted_types
        of = HistoryOf(session_key=session.session_key, event_types=everything)
        return await json_lines(history, of, Replay(None))

    @router.get(
        "/tasks/{task_id}/events", responses=EVENTS | problems(409), response_class=Response
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
            first_seq=task.first_seq,
            task_id=task.task_id,
            event_types=_types(query),
        )
        asked = StreamRequest(
            task_ids=(task.task_id,),
            event_types=of.event_types,
            start=start_of(request, query),
        )
        return await _events(request, query, principal, of, asked)

    @router.get(
        "/agents/{name}/stream", responses=STREAM_OR_OVER | problems(), response_class=Response
    )
    async def agent_stream(
        name: str, request: Request, query: Annotated[StreamQuery, Query()], principal: Asker
    ) -> Response:
        """What an agent does in all your sessions; its new tasks join as they come."""
        agent = coordinator.agent(path_agent_name(name)).profile.name
        asked = StreamRequest(
            agents=(agent,), event_types=_types(query), start=start_of(request, query)
        )
        return as_asked(await streams.respond(principal, asked), request, query)

    async def _events(
        request: Request,
        query: HistoryQuery,
        principal: Principal,
        of: HistoryOf,
        asked: StreamRequest,
    ) -> Response:
        match wanted_format(request):
            case "stream":
                return as_asked(await streams.respond(principal, asked), request, query)
            case "json":
                return await json_page(history, of, request, query)
            case "ndjson":
                start = Replay(None) if isinstance(asked.start, FromNow) else asked.start
                return await json_lines(history, of, start)

    return router


def _types(query: StreamQuery) -> frozenset[str]:
    try:
        return query.wanted_types
    except InvalidInput as error:
        raise field_problem(
            status=400, code="invalid_parameter", field=error.field, message=str(error)
        ) from error
