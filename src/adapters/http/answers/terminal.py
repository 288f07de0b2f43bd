"""A terminal's screen as text and as JSON, and the answer to input."""

from typing import NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from adapters.http.requests.terminal_input import InputBody, InputKind
from domain.ids import TaskId
from ports.terminal_screen import ScreenView


class CursorAnswer(TypedDict):
    """Both from 0."""

    row: int
    column: int


@with_config(defer_build=True)
class ScreenAnswer(TypedDict):
    """What the terminal shows."""

    lines: list[str]
    cursor: CursorAnswer
    rows: int
    columns: int
    title: NotRequired[str]


def screen_answer(view: ScreenView) -> ScreenAnswer:
    answer = ScreenAnswer(
        lines=list(view.lines),
        cursor=CursorAnswer(row=view.cursor_row, column=view.cursor_column),
        rows=len(view.lines),
        columns=view.columns,
    )
    if view.title:
        answer["title"] = view.title
    return answer


def screen_text(view: ScreenView) -> str:
    """A line for every row, the empty ones below the last text left out."""
    return "\n".join(view.lines).rstrip("\n") + "\n"


@with_config(defer_build=True)
class InputAnswer(TypedDict):
    """The input reached the task; its events show the effect."""

    task_id: str
    kind: InputKind


def input_answer(task_id: TaskId, body: InputBody) -> InputAnswer:
    return InputAnswer(task_id=task_id, kind=body["kind"])
