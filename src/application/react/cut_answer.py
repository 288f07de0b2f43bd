"""What becomes of an answer that reached the longest it may be, before it was whole."""

from collections.abc import Sequence
from dataclasses import replace

from domain.errors import ModelRefused
from domain.task_events import Error
from ports.language_model import ToolCall, ToolMessage, UserMessage

CUT = Error(
    message="the model's answer was cut: it reached the longest that it may be",
    phase="model",
    recoverable=True,
)
GO_ON = UserMessage(
    content="[Your answer was cut here, at the longest that it may be. Go on exactly where it ended.]"
)
_NOTE = (
    "\n[your answer was cut after this call, at the longest that it may be: write less at once]"
)


def require_words(content: str) -> None:
    """Raises ModelRefused: to ask again for what leaves no room for a word would never end."""
    if not content.strip():
        raise ModelRefused(f"{CUT.message}, without a word of an answer")


def without_half_a_call(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """The last of them is not made if nothing is there of its arguments: they were yet to come."""
    if not calls or calls[-1].raw_arguments.strip():
        return list(calls)
    return [*calls[:-1], replace(calls[-1], arguments=None)]


def told_of_cut(told: Sequence[ToolMessage]) -> Sequence[ToolMessage]:
    return [*told[:-1], replace(told[-1], content=told[-1].content + _NOTE)]
