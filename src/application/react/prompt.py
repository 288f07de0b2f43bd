"""The prompts of the ReAct agent."""

from collections.abc import Sequence

from ports.tool import ToolSpec

ANALYSIS_PROMPT = (
    "Say what the task below is about, in exactly two lines and nothing else. Do not do it.\n"
    "action: what will be done, in at most six words\n"
    "goal: what is to be reached, in one sentence"
)


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
