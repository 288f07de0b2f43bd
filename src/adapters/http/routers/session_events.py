"""Routes that tell the events of one session."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.answers.route_schemas import EVENTS, LINES, RESUMABLE
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.direct_route import DirectRoute
from adapters.http.requests.parameters import path_session_id
from adapters.http.requests.stream_query import HistoryQuery, StreamQuery, start_of, types_of
from adapters.http.streaming.history import EventAnswers
from application.serving.sessions import Sessions
from application.watching.history import HistoryOf
from application.watching.stream_request import StreamRequest
from domain.principal import Principal


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
