"""The fields of one stream frame that the properties check."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    kind: Literal["connected", "reset", "event", "cursor", "end"]
    id: str | None = None
    seq: int = 0
    """Of an event its own, of a reset the first that follows, else the last one passed."""
