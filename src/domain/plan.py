"""What an agent means to do, phase by phase."""

from dataclasses import dataclass
from typing import Literal

PhaseStatus = Literal["pending", "in_progress", "completed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPhase:
    id: str
    name: str
    status: PhaseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    goal: str
    phases: tuple[PlanPhase, ...]
