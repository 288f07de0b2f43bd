"""An agent as it is at this moment."""

from dataclasses import dataclass, field
from typing import Literal

from domain.agent_profile import AgentProfile
from ports.program_finder import ProgramFinder
from ports.task_store import AgentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    profile: AgentProfile
    record: AgentRecord = field(default_factory=AgentRecord)
    """Of the asker's tasks."""
    missing: str | None = None
    """The program that it needs and that is not on this machine."""

    @property
    def status(self) -> Literal["idle", "running"]:
        return "running" if self.record.live else "idle"


def missing_program(profile: AgentProfile, programs: ProgramFinder) -> str | None:
    """None for an agent that is no program of its own, too."""
    needed = (*profile.argv[:1], *profile.setup_argv[:1])
    return next((name for name in needed if not programs.has(name, env=profile.env)), None)
