"""Emits what is new in each plan that a model gives."""

import asyncio
from collections.abc import Iterable

from domain.plan import Plan, PlanPhase, percent_done, progress_since
from domain.thinking_events import Phase, PhaseComplete, PhaseStart, PlanCreated
from ports.runner import RunContext

PlanEvent = PlanCreated | PhaseStart | PhaseComplete

_PhaseKey = tuple[str, str]
"""The id and name of a phase: a later plan may use the id for another phase."""


class PlanProgress:
    """A plan with another goal or other phases is a new plan; else only its changes are emitted."""

    def __init__(self, context: RunContext, *, emitted: Iterable[PlanEvent] = ()) -> None:
        """`emitted` are the plan events of earlier attempts."""
        self._context = context
        self._updating = asyncio.Lock()  # a model may give two plans in one answer
        self._shape: tuple[str, tuple[tuple[str, str], ...]] | None = None
        self._begun: set[_PhaseKey] = set()
        self._completed: set[_PhaseKey] = set()
        self._done: set[_PhaseKey] = set()
        """Of the current plan."""
        for event in emitted:
            self._remember(event)

    @property
    def percent(self) -> float | None:
        """How much of the plan is done; None without one."""
        if self._shape is None or not (phases := self._shape[1]):
            return None
        return percent_done(len(self._done), of=len(phases))

    async def update(self, plan: Plan) -> None:
        async with self._updating:
            shape = (plan.goal, tuple((phase.id, phase.name) for phase in plan.phases))
            before = len(self._done) if shape == self._shape else 0
            if shape != self._shape:
                await self._emit(_created(plan))
            for index, phase in enumerate(plan.phases):
                await self._emit_changes(phase, index)
            done = [phase for phase in plan.phases if phase.status == "completed"]
            self._done = {(phase.id, phase.name) for phase in done}
            if (news := progress_since(before, plan.phases)) is not None:
                await self._context.emit(news)

    async def _emit(self, event: PlanEvent) -> None:
        self._remember(event)
        await self._context.emit(event)

    def _remember(self, event: PlanEvent) -> None:
        match event:
            case PlanCreated(goal=goal, phases=phases):
                self._shape = (goal, tuple((phase.id, phase.name) for phase in phases))
                self._done = {(one.id, one.name) for one in phases if one.status == "completed"}
            case PhaseStart(phase_id=phase_id, phase_name=name):
                self._begun.add((phase_id, name))
            case PhaseComplete(phase_id=phase_id, phase_name=name):
                self._completed.add((phase_id, name))
                self._done.add((phase_id, name))

    async def _emit_changes(self, phase: PlanPhase, index: int) -> None:
        """A phase that is completed at once is started first."""
        key = (phase.id, phase.name)
        if phase.status != "pending" and key not in self._begun:
            await self._emit(
                PhaseStart(phase_id=phase.id, phase_name=phase.name, phase_index=index)
            )
        if phase.status == "completed" and key not in self._completed:
            await self._emit(PhaseComplete(phase_id=phase.id, phase_name=phase.name))


def _created(plan: Plan) -> PlanCreated:
    phases = (Phase(id=each.id, name=each.name, status=each.status) for each in plan.phases)
    return PlanCreated(goal=plan.goal, phases=tuple(phases))
