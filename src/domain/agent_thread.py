"""An agent's own conversation: its name there, and what it takes to resume it."""

import re
from dataclasses import dataclass

from domain.usage import Usage

_NAME = re.compile(r"[A-Za-z0-9][\w.:-]{0,199}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentThread:
    id: str
    """Empty for the latest one, which the agent finds by itself."""
    usage: Usage | None = None
    """What all its tasks have used so far, if the agent reports that instead of each task's usage."""
    model: str | None = None
    """Its own, where its last task has used another one."""


LATEST = AgentThread(id="")
"""Of an agent whose command resumes its latest conversation without naming it."""


def thread_name(value: object) -> str | None:
    """A name that can be kept and put on a command line; None for anything else."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None
