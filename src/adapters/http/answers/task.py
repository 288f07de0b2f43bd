"""A task as JSON; optional fields that have no value are left out."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from adapters.http.answers.answer_time import AnswerTime
from adapters.http.answers.task_figures import (
    LimitsAnswer,
    ResultAnswer,
    UsageAnswer,
    limits_answer,
    result_answer,
    usage_answer,
)
from adapters.http.answers.task_links import TaskLinks, task_links
from adapters.wire import timestamp
from application.serving.pausing import RestStep
from domain.limits import Limits
from domain.task import EndReason, Task, TaskStatus


@with_config(defer_build=True)
class TaskAnswer(TypedDict):
    """One unit of work submitted to an agent in a session."""

    task_id: str
    session_id: str
    agent: str
    task: str
    status: TaskStatus
    reason: NotRequired[EndReason]
    error: NotRequired[
        Annotated[str, Field(description="Why it failed, in the words of its `task_failed`.")]
    ]
    created_at: AnswerTime
    started_at: NotRequired[AnswerTime]
    finished_at: NotRequired[AnswerTime]
    attempt: int
    result: NotRequired[ResultAnswer]
    usage: NotRequired[UsageAnswer]
    limits: NotRequired[LimitsAnswer]
    model: NotRequired[Annotated[str, Field(description="The one that the task named.")]]
    metadata: NotRequired[dict[str, object]]
    retry_of: NotRequired[str]
    links: TaskLinks


@with_config(defer_build=True)
class SubmissionAnswer(TypedDict):
    """A task as it was taken; a repeat with the same idempotency key gets the very same."""

    task_id: str
    session_id: str
    agent: str
    status: Literal["queued"]
    created_at: AnswerTime
    retry_of: NotRequired[str]
    links: TaskLinks


@with_config(defer_build=True)
class TaskPage(TypedDict):
    items: list[TaskAnswer]
    next_cursor: NotRequired[str]


def task_answer(task: Task, next_step: RestStep | None) -> TaskAnswer:
    """`next_step` is what `Pausing` would accept of the task as it is."""
    answer = TaskAnswer(
        task_id=task.task_id,
        session_id=task.session_id,
        agent=task.agent,
        task=task.text,
        status=task.status,
        created_at=timestamp(task.created_at),
        attempt=task.attempt,
        links=task_links(task, status=task.status, next_step=next_step),
    )
    if task.retry_of is not None:
        answer["retry_of"] = task.retry_of
    if task.model is not None:
        answer["model"] = task.model
    if task.metadata is not None:
        answer["metadata"] = dict(task.metadata)
    if task.limits is not None and task.limits != Limits():
        answer["limits"] = limits_answer(task.limits)
    _add_course(answer, task)
    return answer


def submission_answer(task: Task) -> SubmissionAnswer:
    answer = SubmissionAnswer(
        task_id=task.task_id,
        session_id=task.session_id,
        agent=task.agent,
        status="queued",
        created_at=timestamp(task.created_at),
        links=task_links(task, status=TaskStatus.QUEUED),
    )
    if task.retry_of is not None:
        answer["retry_of"] = task.retry_of
    return answer


def _add_course(answer: TaskAnswer, task: Task) -> None:
    """What came to be known of the task since it was queued."""
    if task.started_at is not None:
        answer["started_at"] = timestamp(task.started_at)
    if task.finished_at is not None:
        answer["finished_at"] = timestamp(task.finished_at)
    if task.reason is not None:
        answer["reason"] = task.reason
    if task.usage is not None:
        answer["usage"] = usage_answer(task.usage)
    if task.result is None:
        return
    if task.result.error is not None:
        answer["error"] = task.result.error
    if result := result_answer(task.result):
        answer["result"] = result
