"""What is said to a client whose input was given to a task."""

from pydantic import with_config
from typing_extensions import TypedDict

from adapters.http.requests.terminal_input import InputBody, InputKind
from domain.ids import TaskId


@with_config(defer_build=True)
class InputAnswer(TypedDict):
    """The task has it; what it makes of it is to be seen in its events."""

    task_id: str
    kind: InputKind


def input_answer(task_id: TaskId, body: InputBody) -> InputAnswer:
    return InputAnswer(task_id=task_id, kind=body["kind"])
