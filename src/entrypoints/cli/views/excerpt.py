"""Short forms of texts, arguments, durations and amounts."""

import json
from collections.abc import Mapping

from domain.task_events import TaskCancelled, TaskComplete, TaskFailed
from domain.tool_events import ToolCallComplete
from domain.usage import Usage

_RESULT_LINES = 6
_LINE_CHARS = 200
_ARGUMENT_CHARS = 100


def excerpt(text: str, *, chars: int = _LINE_CHARS) -> str:
    """On one line, cut to `chars`."""
    flat = " ".join(text[: chars * 4].split())
    return flat if len(flat) <= chars else f"{flat[: chars - 1]}…"


def result_excerpt(text: str) -> str:
    """The first lines of a result, and how many more there are."""
    lines = text.strip("\n").split("\n")
    shown = [line if len(line) <= _LINE_CHARS else f"{line[:_LINE_CHARS]}…" for line in lines]
    if len(lines) > _RESULT_LINES:
        shown[_RESULT_LINES:] = [f"… {len(lines) - _RESULT_LINES} more lines"]
    return "\n".join(shown)


def arguments_excerpt(arguments: Mapping[str, object]) -> str:
    shown = (f"{name}={_value(value)}" for name, value in arguments.items())
    return excerpt(", ".join(shown), chars=_ARGUMENT_CHARS)


def duration(duration_ms: int) -> str:
    if duration_ms < 1000:
        return f"{duration_ms} ms"
    minutes, seconds = divmod(duration_ms / 1000, 60)
    return f"{int(minutes)} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"


def time_taken(event: TaskComplete | TaskFailed | TaskCancelled | ToolCallComplete) -> str:
    """Its duration, and the time spent waiting for people."""
    waited = f" beside {duration(event.waited_ms)} for people" if event.waited_ms else ""
    return duration(event.duration_ms) + waited


def usage_excerpt(usage: Usage) -> str:
    return amounts(
        tokens=usage.total_tokens, cost_usd=usage.cost_usd, partial=usage.partial is True
    )


def amounts(*, tokens: int, cost_usd: float | None, partial: bool) -> str:
    cost = "" if cost_usd is None else f", ${cost_usd:.4f}"
    return f"{'at least ' if partial else ''}{tokens:,} tokens{cost}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
