"""Routes that take work in."""

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.http.answers.links import task_path
from adapters.http.answers.route_schemas import ACCEPTED, KEY_HEADER, SUBMIT_HEADERS, SUBMITTED
from adapters.http.answers.task import (
    SubmissionAnswer,
    submission_answer,
    task_answer,
)
from adapters.http.problems.problem import problems
from adapters.http.requests.bodies import SubmitBody, retry_key, submit_command
from adapters.http.requests.caller import Caller
from adapters.http.requests.headers import idempotency_key, wait_s, wants_stream
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import path_task_id
from application.serving.server_coordinator import ServerCoordinator
from domain.errors import AgentcastError
from domain.principal import Principal
from domain.task import Task

log = logging.getLogger(__name__)

StreamSubmission = Callable[[Request, Principal, Task], Awaitable[Response]]
"""Answers a submission with the stream of its task."""


def submit_router(
    *, coordinator: ServerCoordinator, caller: Caller, stream_submission: StreamSubmission
) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/tasks", tags=["tasks"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.post(
        "",
        status_code=202,
        response_model=SubmissionAnswer,
        responses={**SUBMITTED, **problems(409, 429, 507, has_body=True)},
        openapi_extra={"parameters": SUBMIT_HEADERS},
    )
    async def submit(request: Request, body: SubmitBody, principal: Asker) -> Response:
        """Submit a task; ask for `text/event-stream` to watch it in the same response."""
        asked = submit_command(body, key=idempotency_key(request))
        task = (await coordinator.submit(principal, asked)).task
        try:
            if wants_stream(request):
                return await stream_submission(request, principal, task)
            if (wait := wait_s(request)) > 0:
                return await _waited(coordinator, principal, task, wait)
        except AgentcastError as error:
            # The task is in, whatever came of its session since: an error would have it sent again.
            log.info("task %s is submitted but cannot be followed: %s", task.task_id, error)
        return _accepted(task)

    @router.post(
        "/{task_id}/retry",
        status_code=202,
        responses={202: ACCEPTED, **problems(409, 422, 429, 507)},
        openapi_extra={"parameters": [KEY_HEADER]},
    )
    async def retry(
        task_id: str, request: Request, principal: Asker, response: Response
    ) -> SubmissionAnswer:
        """Submit a task that has ended once more, as a new one; while that is unfinished, who
        asks again is answered with it."""
        retried = path_task_id(task_id)
        key = retry_key(idempotency_key(request), retried)
        submission = await coordinator.retry(principal, retried, idempotency=key)
        response.headers["Location"] = task_path(submission.task.task_id)
        return submission_answer(submission.task)

    return router


async def _waited(
    coordinator: ServerCoordinator, principal: Principal, task: Task, wait: int
) -> Response:
    ended = await coordinator.finished(principal, task.task_id, timeout_s=wait)
    response = _finished(ended) if ended.status.is_final else _accepted(task)
    response.headers["Preference-Applied"] = f"wait={wait}"
    return response


def _finished(task: Task) -> Response:
    return JSONResponse(task_answer(task, None), headers={"Location": task_path(task.task_id)})


def _accepted(task: Task) -> Response:
    return JSONResponse(
        submission_answer(task),
        status_code=202,
        headers={"Location": task_path(task.task_id)},
    )
