"""Where to go on from a task, by the state it is in."""

from typing import NotRequired

from typing_extensions import TypedDict

from adapters.http.answers.links import approvals_path, session_path, task_path
from application.serving.pausing import RestStep
from domain.task import Task, TaskStatus


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


def task_links(task: Task, *, status: TaskStatus, next_step: RestStep | None = None) -> TaskLinks:
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
