"""How one event reads: a line of its own, perhaps with text below it."""

from dataclasses import dataclass
from typing import Literal

LineStyle = Literal["text", "step", "tool", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """What stands here may come from an agent: make it safe before it reaches a terminal."""

    text: str
    style: LineStyle = "step"
    detail: str = ""
