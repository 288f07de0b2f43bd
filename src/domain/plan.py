"""The plan of an agent: its phases, and the events of their changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.task_events import Progress
from domain.thinking_events import Phase, PhaseComplete, PhaseStart, PlanCreated

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
    """`done` of so many phases, in percent to a tenth."""
    return round(100 * done / of, 1)


def progress_since(before: int, phases: Sequence[PlanPhase | Phase]) -> Progress | None:
    """The progress of a plan with `before` phases done until now; None if that has not changed."""
    done = done_of(phases)
    if done == before:
        return None
    message = f"{done} of {len(phases)} phases are complete"
    return Progress(message=message, percent=percent_done(done, of=len(phases)))


class ReportedPlan:
    """A plan that a program reports as the whole list of its phases each time."""

    def __init__(self) -> None:
        self._phases: tuple[Phase, ...] = ()

    def update(
        self, phases: Sequence[Phase]
    ) -> Iterator[PlanCreated | PhaseStart | PhaseComplete | Progress]:
        """Other phases than before are a new plan; of the same ones the changes are events."""
        before, self._phases = self._phases, tuple(phases)
        is_new = _names(before) != _names(self._phases)
        if is_new:
            yield PlanCreated(goal="", phases=self._phases)
        else:
            for index, (old, new) in enumerate(zip(before, self._phases, strict=True)):
                if old.status != new.status:
                    yield from _phase_change(old, new, index)
        progress = progress_since(0 if is_new else done_of(before), self._phases)
        if progress is not None:
            yield progress


def _phase_change(old: Phase, new: Phase, index: int) -> Iterator[PhaseStart | PhaseComplete]:
    if old.status == "pending":
        yield PhaseStart(phase_id=new.id, phase_name=new.name, phase_index=index)
    if new.status == "completed":
        yield PhaseComplete(phase_id=new.id, phase_name=new.name)


def _names(phases: Sequence[Phase]) -> list[tuple[str, str]]:
    return [(phase.id, phase.name) for phase in phases]
