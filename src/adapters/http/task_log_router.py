"""The route that gives the whole output of a task's processes as one text."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response, StreamingResponse

from adapters.http.caller import Caller
from adapters.http.path_ids import path_task_id
from adapters.http.problem_schema import Responses, problems
from application.server_coordinator import ServerCoordinator
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


def task_log_router(
    *, archive: OutputArchive, coordinator: ServerCoordinator, caller: Caller
) -> APIRouter:
    router = APIRouter(prefix="/tasks/{task_id}", tags=["tasks"])

    @router.get("/log", responses=_TEXT | problems(), response_class=Response)
    async def task_log(
        task_id: str, principal: Annotated[Principal, Depends(caller)]
    ) -> StreamingResponse:
        """What the processes of a task wrote, as they wrote it, as far as it is kept here."""
        task = await coordinator.get_task(principal, path_task_id(task_id))
        is_whole = await archive.has_beginning(task.task_id)
        return StreamingResponse(
            archive.read(task.task_id),
            media_type=_MEDIA_TYPE,
            headers={} if is_whole else {TRUNCATED: "true"},
        )

    return router
