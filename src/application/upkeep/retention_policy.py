"""How long what has ended is kept, and how much of it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    kept_for: timedelta | None = None
    """How long after its end a task's events are kept; None: for ever."""
    max_bytes: int | None = None
    """When logs and workspaces take more, those of what ended first go; None: no limit."""
    compacted_after: timedelta = timedelta(hours=24)
    """How long after the end of a task the pieces of a text can be read that came whole as well."""
