"""The list of steps that an agent keeps, told as a plan and as what has changed in it."""

from collections.abc import Iterator, Sequence

from domain.events import AgentEvent
from domain.plan import done_of, progress_since
from domain.thinking_events import Phase, PhaseComplete, PhaseStart, PlanCreated


class Plan:
    def __init__(self) -> None:
        self._phases: tuple[Phase, ...] = ()

    def becomes(self, phases: Sequence[Phase]) -> Iterator[AgentEvent]:
        """A list with other steps is a new plan; one with the same has got on."""
        before, self._phases = self._phases, tuple(phases)
        is_new = _steps(before) != _steps(self._phases)
        if is_new:
            yield PlanCreated(goal="", phases=self._phases)
        else:
            for index, (old, new) in enumerate(zip(before, self._phases, strict=True)):
                if old.status != new.status:
                    yield from _change(old, new, index)
        if (news := progress_since(0 if is_new else done_of(before), self._phases)) is not None:
            yield news


def phases(steps: object, *, text_key: str) -> list[Phase] | None:
    """Steps without ids are numbered from 1; None for what is not a list of steps."""
    if not isinstance(steps, list):
        return None
    read = [_phase(step, number, text_key) for number, step in enumerate(steps, 1)]
    whole = [phase for phase in read if phase]
    return whole if len(whole) == len(read) else None


def _phase(step: object, number: int, text_key: str) -> Phase | None:
    if not isinstance(step, dict) or not isinstance(name := step.get(text_key), str):
        return None
    match step:
        case {"status": "completed" | "cancelled"} | {"completed": True}:
            return Phase(id=str(number), name=name, status="completed")
        case {"status": "in_progress"}:
            return Phase(id=str(number), name=name, status="in_progress")
        case _:
            return Phase(id=str(number), name=name, status="pending")


def _change(old: Phase, new: Phase, index: int) -> Iterator[AgentEvent]:
    if old.status == "pending" and new.status != "pending":
        yield PhaseStart(phase_id=new.id, phase_name=new.name, phase_index=index)
    if new.status == "completed":
        yield PhaseComplete(phase_id=new.id, phase_name=new.name)


def _steps(plan: Sequence[Phase]) -> list[tuple[str, str]]:
    return [(phase.id, phase.name) for phase in plan]
