"""The routes that give the whole output of a task's processes as one text."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from adapters.http.caller import Caller
from adapters.http.path_ids import path_task_id
from adapters.http.problem_schema import Responses, problems
from application.server_coordinator import ServerCoordinator
from domain.ids import TaskId
from domain.principal import Principal
from ports.output_archive import OutputArchive

TRUNCATED = "X-Log-Truncated"
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


def task_log_router(
    *, archive: OutputArchive, coordinator: ServerCoordinator, caller: Caller
) -> APIRouter:
    router = APIRouter(prefix="/tasks/{task_id}", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/log", responses=_TEXT | problems(), response_class=Response)
    async def task_log(task_id: str, principal: Asker) -> StreamingResponse:
        """What the processes of a task wrote, as they wrote it, as far as it is kept here."""
        task = await coordinator.get_task(principal, path_task_id(task_id))
        return StreamingResponse(
            archive.read(task.task_id),
            media_type=_MEDIA_TYPE,
            headers=await _truncation(task.task_id),
        )

    @router.head("/log", responses=_HEAD | problems(), response_class=Response)
    async def task_log_head(task_id: str, principal: Asker) -> Response:
        """How long that is by now, and whether its beginning is still there."""
        task = await coordinator.get_task(principal, path_task_id(task_id))
        length = str(await archive.kept_bytes(task.task_id))
        headers = {**await _truncation(task.task_id), "Content-Length": length}
        return Response(media_type=_MEDIA_TYPE, headers=headers)

    async def _truncation(task_id: TaskId) -> dict[str, str]:
        return {} if await archive.has_beginning(task_id) else {TRUNCATED: "true"}

    return router
