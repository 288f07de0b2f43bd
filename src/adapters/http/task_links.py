"""Where to go on from a task, by the state it is in."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from adapters.http.links import approvals_path, session_path, task_path
from domain.task import LIVE, Task, TaskStatus


class TaskLinks(TypedDict):
    """`pause` or `resume` is there while the task is carried out; not every agent can rest."""

    self: str
    events: str
    cancel: str
    session: str
    approvals: str
    log: str
    screen: NotRequired[str]
    pause: NotRequired[str]
    resume: NotRequired[str]


def task_links(task: Task, *, status: TaskStatus) -> TaskLinks:
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
    if status in LIVE:
        way: Literal["pause", "resume"] = "resume" if task.is_pause_wanted else "pause"
        links[way] = f"{path}/{way}"
    return links
