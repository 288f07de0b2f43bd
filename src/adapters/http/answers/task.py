"""A task as JSON; optional fields that have no value are left out."""

from dataclasses import fields
from typing import Annotated, Literal, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime, approvals_path, session_path, task_path
from adapters.wire import timestamp
from application.serving.pausing import PauseStep
from domain.extraction import MOST_SHOWN, Captured
from domain.limits import Limits
from domain.task import EndReason, Task, TaskResult, TaskStatus
from domain.usage import Usage


class LimitsAnswer(TypedDict):
    timeout_s: NotRequired[float]
    idle_s: NotRequired[float]
    iterations: NotRequired[int]
    tool_calls: NotRequired[int]
    tokens: NotRequired[int]
    usd: NotRequired[float]
    output_bytes: NotRequired[int]


class UsageAnswer(TypedDict):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_input_tokens: NotRequired[int]
    reasoning_tokens: NotRequired[int]
    cost_usd: NotRequired[float]
    partial: NotRequired[bool]


class ResultAnswer(TypedDict):
    final_answer: NotRequired[str]
    exit_code: NotRequired[int]
    extractions: NotRequired[
        Annotated[
            dict[str, Captured],
            Field(
                description="What each rule found last, by its name; of a text the first "
                f"{MOST_SHOWN} characters, the `extraction` event has all."
            ),
        ]
    ]


_LIMITS = TypeAdapter(LimitsAnswer)
_USAGE = TypeAdapter(UsageAnswer)
_RESULT = TypeAdapter(ResultAnswer)


def limits_answer(limits: Limits) -> LimitsAnswer:
    return _LIMITS.validate_python(_present(limits))


def usage_answer(usage: Usage) -> UsageAnswer:
    return _USAGE.validate_python(_present(usage))


def result_answer(result: TaskResult) -> ResultAnswer:
    """Empty if the task left nothing but an error."""
    shown = {name: item for name, item in _present(result).items() if name != "error"}
    return _RESULT.validate_python(shown)


def _present(value: Limits | Usage | TaskResult) -> dict[str, object]:
    held = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: item for name, item in held if item is not None}


class TaskLinks(TypedDict):
    """`pause` or `resume` is there where that would be accepted now."""

    self: str
    events: str
    cancel: str
    session: str
    approvals: str
    log: str
    screen: NotRequired[str]
    pause: NotRequired[str]
    resume: NotRequired[str]


def task_links(task: Task, *, status: TaskStatus, next_step: PauseStep | None = None) -> TaskLinks:
    path = task_path(task.task_id)
    links = TaskLinks(
        self=path,
        events=f"{path}/events",
        cancel=f"{path}/cancel",
        session=session_path(task.session_id),
        approvals=approvals_path(task_id=task.task_id),
        log=f"{path}/log",
    )
    if status is not TaskStatus.QUEUED:
        links["screen"] = f"{path}/screen"
    if next_step is not None:
        links[next_step] = f"{path}/{next_step}"
    return links


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
    """A task as it was accepted; a repeat with the same idempotency key gets the same answer."""

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


def task_answer(task: Task, next_step: PauseStep | None) -> TaskAnswer:
    """`next_step` is what `Pausing.next_step` returns for the task."""
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
    """Add what happened to the task since it was queued."""
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
