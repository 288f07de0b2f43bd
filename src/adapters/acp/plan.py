"""The list of steps that an agent keeps, told as a plan and as what has changed in it."""

from collections.abc import Iterator, Sequence

from adapters.acp.drift import Unfamiliar
from adapters.acp.json_message import JsonObject
from domain.events import AgentEvent
from domain.plan import done_of, progress_since
from domain.thinking_events import Phase, PhaseComplete, PhaseStart, PlanCreated


class Plan:
    def __init__(self) -> None:
        self._phases: tuple[Phase, ...] = ()

    def take(self, update: JsonObject) -> Iterator[AgentEvent | Unfamiliar]:
        """Other steps than before are a new plan; the same ones have got on."""
        phases = _phases(update.get("entries"))
        if phases is None:
            yield Unfamiliar("a plan without a list of its steps")
            return
        before, self._phases = self._phases, phases
        is_new = _names(before) != _names(phases)
        if is_new:
            yield PlanCreated(goal="", phases=phases)
        else:
            for index, (old, new) in enumerate(zip(before, phases, strict=True)):
                yield from _step(old, new, index)
        if (news := progress_since(0 if is_new else done_of(before), phases)) is not None:
            yield news


def _phases(entries: object) -> tuple[Phase, ...] | None:
    if not isinstance(entries, list):
        return None
    read = [_phase(entry, number) for number, entry in enumerate(entries, 1)]
    phases = tuple(phase for phase in read if phase)
    return phases if len(phases) == len(read) else None


def _phase(entry: object, number: int) -> Phase | None:
    match entry:
        case {"content": str(name), "status": "completed"}:
            return Phase(id=str(number), name=name, status="completed")
        case {"content": str(name), "status": "in_progress"}:
            return Phase(id=str(number), name=name, status="in_progress")
        case {"content": str(name)}:
            return Phase(id=str(number), name=name, status="pending")
        case _:
            return None


def _step(old: Phase, new: Phase, index: int) -> Iterator[AgentEvent]:
    if old.status == new.status:
        return
    if old.status == "pending":
        yield PhaseStart(phase_id=new.id, phase_name=new.name, phase_index=index)
    if new.status == "completed":
        yield PhaseComplete(phase_id=new.id, phase_name=new.name)


def _names(phases: Sequence[Phase]) -> list[str]:
    return [phase.name for phase in phases]
