"""The routes that give the whole output of a task, or of one of its calls, as one text."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from adapters.http.problems.problem import Responses, problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import path_task_id
from application.serving.server_coordinator import ServerCoordinator
from domain.errors import CallNotFound
from domain.ids import TaskId
from domain.principal import Principal
from ports.output_archive import OutputArchive

TRUNCATED = "X-Log-Truncated"
_CALL_PATH = "/calls/{call_id:path}/output"  # an agent may give its calls any id
_MEDIA_TYPE = "text/plain; charset=utf-8"
_TEXT: Responses = {
    200: {
        "description": "What is kept of the output; empty where there was none.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "headers": {
            TRUNCATED: {
                "description": "`true` when the beginning had to make room for what came later.",
                "schema": {"type": "string"},
            }
        },
    }
}
_HEAD: Responses = {
    200: {
        "description": "The headers of the text, and its length by now.",
        "headers": {
            **_TEXT[200]["headers"],
            "Content-Length": {"schema": {"type": "integer", "minimum": 0}},
        },
    }
}


_CALL: Responses = {
    200: {
        **_TEXT[200],
        "description": "What is kept of the call's output; empty where it gave nothing.",
    }
}


def task_log_router(
    *, archive: OutputArchive, coordinator: ServerCoordinator, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/tasks/{task_id}", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/log", responses=_TEXT | problems(), response_class=Response)
    async def task_log(task_id: str, principal: Asker) -> StreamingResponse:
        """What the processes of a task wrote, as they wrote it, as far as it is kept here.

        Of agents that call tools, what their calls gave; a line `==> TOOL CALL_ID <==` stands where
        another call goes on.
        """
        task = await coordinator.get_task(principal, path_task_id(task_id))
        return await _whole(task.task_id)

    @router.head("/log", responses=_HEAD | problems(), response_class=Response)
    async def task_log_head(task_id: str, principal: Asker) -> Response:
        """How long that is by now, and whether its beginning is still there."""
        task = await coordinator.get_task(principal, path_task_id(task_id))
        return await _head(task.task_id)

    @router.get(_CALL_PATH, responses=_CALL | problems(), response_class=Response)
    async def call_output(task_id: str, call_id: str, principal: Asker) -> StreamingResponse:
        """All that one tool call gave, however its result was cut, as far as it is kept here.

        Of calls with the same id, as a task that was carried out again may have, the newest.
        """
        task = await coordinator.get_task(principal, path_task_id(task_id))
        return await _whole(task.task_id, await _known(task.task_id, call_id))

    @router.head(_CALL_PATH, responses=_HEAD | problems(), response_class=Response)
    async def call_output_head(task_id: str, call_id: str, principal: Asker) -> Response:
        """How long that is by now, and whether its beginning is still there."""
        task = await coordinator.get_task(principal, path_task_id(task_id))
        return await _head(task.task_id, await _known(task.task_id, call_id))

    async def _known(task_id: TaskId, call_id: str) -> str:
        if not await archive.has_call(task_id, call_id):
            raise CallNotFound
        return call_id

    async def _whole(task_id: TaskId, call_id: str | None = None) -> StreamingResponse:
        return StreamingResponse(
            archive.read(task_id, call_id=call_id),
            media_type=_MEDIA_TYPE,
            headers=await _truncation(task_id, call_id),
        )

    async def _head(task_id: TaskId, call_id: str | None = None) -> Response:
        length = str(await archive.kept_bytes(task_id, call_id=call_id))
        headers = {**await _truncation(task_id, call_id), "Content-Length": length}
        return Response(media_type=_MEDIA_TYPE, headers=headers)

    async def _truncation(task_id: TaskId, call_id: str | None) -> dict[str, str]:
        has_beginning = await archive.has_beginning(task_id, call_id=call_id)
        return {} if has_beginning else {TRUNCATED: "true"}

    return router
