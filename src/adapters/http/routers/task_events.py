"""The route that tells the events of one task."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.answers.route_schemas import EVENTS, RESUMABLE
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.direct_route import DirectRoute
from adapters.http.requests.parameters import path_task_id
from adapters.http.requests.stream_query import HistoryQuery, start_of, types_of
from adapters.http.streaming.history import EventAnswers
from application.serving.server_coordinator import ServerCoordinator
from application.watching.history import HistoryOf
from application.watching.stream_request import StreamRequest
from domain.principal import Principal


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
