"""What an agent means to do, phase by phase."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from domain.task_events import Progress
from domain.thinking_events import Phase

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


def done_of(phases: Sequence[PlanPhase | Phase]) -> int:
    return sum(phase.status == "completed" for phase in phases)


def percent_done(done: int, *, of: int) -> float:
    """Of so many phases, to a tenth."""
    return round(100 * done / of, 1)


def progress_since(before: int, phases: Sequence[PlanPhase | Phase]) -> Progress | None:
    """The progress of a plan of which so many phases were done before; None for nothing new."""
    done = done_of(phases)
    if done == before:
        return None
    message = f"{done} of {len(phases)} phases are complete"
    return Progress(message=message, percent=percent_done(done, of=len(phases)))
