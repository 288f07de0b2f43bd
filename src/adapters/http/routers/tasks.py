"""Routes that read, cancel, pause and resume tasks."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response

from adapters.http.answers.task import TaskAnswer, TaskPage, task_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.bodies import CancelBody
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import (
    TaskListQuery,
    cut_page,
    dump_cursor,
    load_cursor,
    path_task_id,
)
from application.serving.pausing import Pausing
from application.serving.server_coordinator import ServerCoordinator
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import Principal
from domain.task import Task
from ports.task_store import Cancellation, TaskQuery

_AS_USUAL = CancelBody()
_HAD_ENDED = {"model": TaskAnswer, "description": "The task had ended before."}


def tasks_router(*, coordinator: ServerCoordinator, pausing: Pausing, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/tasks", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    def answer_of(task: Task) -> TaskAnswer:
        return task_answer(task, pausing.next_step(task))

    @router.get("", responses=problems())
    async def list_tasks(query: Annotated[TaskListQuery, Query()], principal: Asker) -> TaskPage:
        """Newest first."""
        found = await coordinator.list_tasks(principal, _task_query(query))
        page, last = cut_page(found, query.limit)
        answer = TaskPage(items=[answer_of(task) for task in page])
        if last is not None:
            answer["next_cursor"] = dump_cursor(last.task_id)
        return answer

    @router.get("/{task_id}", responses=problems())
    async def get_task(task_id: str, principal: Asker) -> TaskAnswer:
        return answer_of(await coordinator.get_task(principal, path_task_id(task_id)))

    @router.post(
        "/{task_id}/cancel",
        status_code=202,
        responses={200: _HAD_ENDED, **problems(has_body=True)},
    )
    async def cancel_task(
        task_id: str,
        response: Response,
        principal: Asker,
        body: Annotated[CancelBody, Body()] = _AS_USUAL,
    ) -> TaskAnswer:
        """Ask for the end of a task, in whatever state it is; asking again does no harm."""
        mode = body.get("mode", "graceful")
        cancellation = await coordinator.cancel(principal, path_task_id(task_id), mode=mode)
        if _had_ended(cancellation):
            response.status_code = 200
        return answer_of(cancellation.task)

    return router


def _task_query(query: TaskListQuery) -> TaskQuery:
    return TaskQuery(
        session_id=SessionId(query.session_id) if query.session_id else None,
        statuses=query.statuses,
        agent=AgentName(query.agent) if query.agent else None,
        since=query.since,
        until=query.until,
        text=query.q,
        limit=query.limit + 1,
        before=TaskId(load_cursor(query.cursor)) if query.cursor else None,
    )


def _had_ended(cancellation: Cancellation) -> bool:
    return cancellation.task.status.is_final and not cancellation.stored


def pausing_router(*, pausing: Pausing, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/tasks", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.post("/{task_id}/pause", status_code=202, responses=problems(409))
    async def pause_task(task_id: str, principal: Asker) -> TaskAnswer:
        """Pause a task before its next step; `task_paused` is the event of it.

        The wish is stored: any node takes it, and it holds when the task is carried out again.
        """
        task = await pausing.pause(principal, path_task_id(task_id))
        return task_answer(task, pausing.next_step(task))

    @router.post("/{task_id}/resume", status_code=202, responses=problems(409))
    async def resume_task(task_id: str, principal: Asker) -> TaskAnswer:
        """Resume a paused task."""
        task = await pausing.resume(principal, path_task_id(task_id))
        return task_answer(task, pausing.next_step(task))

    return router
