"""Routes of the terminal of a task: what it shows, and what is typed there."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from adapters.http.answers.terminal import (
    InputAnswer,
    ScreenAnswer,
    input_answer,
    screen_answer,
    screen_text,
)
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.headers import wants_stream
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import path_task_id
from adapters.http.requests.terminal_input import InputBody, task_input
from adapters.http.streaming.screen_stream import ScreenStream
from application.serving.task_terminals import TaskTerminals
from application.watching.stream_cap import StreamCap
from domain.ids import TaskId
from domain.principal import Principal

_SCREEN = {
    "description": "The screen; as a stream, `screen` frames of the same JSON until `end`.",
    "model": ScreenAnswer,
    "content": {"text/plain": {}, "text/event-stream": {}},
}


def terminal_router(
    *, terminals: TaskTerminals, caller: Caller, cap: StreamCap, ping_s: float
) -> APIRouter:
    """A stream of a screen counts under the cap as any other."""
    router = APIRouter(route_class=JsonRoute, prefix="/tasks", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get(
        "/{task_id}/screen",
        response_class=Response,
        responses={200: _SCREEN, **problems(409, 429)},
    )
    async def get_screen(task_id: str, request: Request, principal: Asker) -> Response:
        """What the terminal of the task shows now, as text, JSON or a stream, by `Accept`."""
        known_id = path_task_id(task_id)
        if wants_stream(request):
            return await _stream(principal, known_id)
        view = await terminals.view(principal, known_id)
        if "application/json" in request.headers.get("accept", "").lower():
            return JSONResponse(screen_answer(view))
        return PlainTextResponse(screen_text(view))

    @router.post("/{task_id}/input", status_code=202, responses=problems(409, 507, has_body=True))
    async def give_input(
        task_id: str, body: Annotated[InputBody, Body()], principal: Asker
    ) -> InputAnswer:
        """Type to the task, send it a signal, or give its terminal another size.

        A `message` for a task that asks something is the answer, which any node takes, once.
        """
        known_id = path_task_id(task_id)
        await terminals.send(principal, known_id, task_input(body))
        return input_answer(known_id, body)

    async def _stream(principal: Principal, task_id: TaskId) -> Response:
        admission = cap.admit(principal)
        try:
            watch = await terminals.watch(principal, task_id)
        except BaseException:
            admission.release()
            raise
        return ScreenStream(watch, admission=admission, ping_s=ping_s)

    return router
