"""What a model is told before the task, and how a task is named in a few words."""

from collections.abc import Sequence

from domain.task_events import TaskAnalysis
from ports.tool import ToolSpec

_MAX_WORDS = 6
_MAX_NAME_CHARS = 60


def system_prompt(tools: Sequence[ToolSpec], *, workspace: str) -> str:
    names = ", ".join(tool.name for tool in tools) or "none"
    return (
        f"You carry out one task for a person who {_watcher(tools)}.\n"
        f"You work in one folder, the workspace: {workspace}\n"
        "Use paths relative to it, and touch nothing outside of it.\n"
        f"Your tools: {names}. Find out with them instead of guessing; calls that do not depend "
        "on each other may be made in one answer, and are then carried out side by side.\n"
        "When a call fails, read why and try another way. When the task is done, or cannot be "
        "done, answer without a tool call: that answer ends the task. Say there briefly what you "
        "found or did, and what you could not do."
    )


def _watcher(tools: Sequence[ToolSpec]) -> str:
    if any(tool.name == "ask_user" for tool in tools):
        return "watches your steps, and whom you may ask what nothing else can tell you"
    return "watches your steps but cannot answer you"


def analysis_of(text: str) -> TaskAnalysis:
    """The task's first words are its name; no model is asked for a better one."""
    words = text.split(maxsplit=_MAX_WORDS)
    name = " ".join(words[:_MAX_WORDS])
    is_cut = len(words) > _MAX_WORDS or len(name) > _MAX_NAME_CHARS
    return TaskAnalysis(action_name=name[:_MAX_NAME_CHARS] + "…" * is_cut, goal=text)
