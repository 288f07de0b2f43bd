"""Notices an agent that makes the same call again and again and learns nothing from it."""

from collections import deque

from application.asking.fingerprint import fingerprint
from ports.language_model import ToolCall, ToolMessage

TOLD_AT = 3
FAILED_AT = 5
_LOOKED_AT = 24  # calls: two or three that take turns are noticed as well


class Repetition:
    def __init__(self) -> None:
        self._recent: deque[str] = deque(maxlen=_LOOKED_AT)

    def count(self, call: ToolCall, told: ToolMessage) -> int:
        """How often this call has had this result lately, with this time."""
        arguments = call.raw_arguments if call.arguments is None else call.arguments
        one = fingerprint(call.tool_name, {"arguments": arguments, "result": told.content})
        self._recent.append(one)
        return self._recent.count(one)


def warning(tool_name: str, times: int) -> str:
    return (
        f"{tool_name} was called {times} times with the same arguments and the same result: "
        "do something else, or answer with what is known"
    )
