"""Routes that have tasks rest, and go on."""

from typing import Annotated

from fastapi import APIRouter, Depends

from adapters.http.answers.task import TaskAnswer, task_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import path_task_id
from application.serving.pausing import Pausing
from domain.principal import Principal


def pausing_router(*, pausing: Pausing, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/tasks", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.post("/{task_id}/pause", status_code=202, responses=problems(409))
    async def pause_task(task_id: str, principal: Asker) -> TaskAnswer:
        """Ask a task to rest before its next step; `task_paused` tells that it does.

        The wish is stored: any node takes it, and it holds when the task is carried out again.
        """
        task = await pausing.pause(principal, path_task_id(task_id))
        return task_answer(task, pausing.next_step(task))

    @router.post("/{task_id}/resume", status_code=202, responses=problems(409))
    async def resume_task(task_id: str, principal: Asker) -> TaskAnswer:
        """Have a paused task go on."""
        task = await pausing.resume(principal, path_task_id(task_id))
        return task_answer(task, pausing.next_step(task))

    return router
