"""Turns the plans that a model gives into events of what is new in them."""

from domain.plan import Plan, PlanPhase
from domain.thinking_events import Phase, PhaseComplete, PhaseStart, PlanCreated
from ports.runner import RunContext

_Told = tuple[str, str]
"""A phase by its id and name: a later plan may give an id to another phase."""


class PlanProgress:
    """A plan with another goal or other phases is a new one; else only its steps are told."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._shape: tuple[str, tuple[tuple[str, str], ...]] | None = None
        self._begun: set[_Told] = set()
        self._completed: set[_Told] = set()

    async def update(self, plan: Plan) -> None:
        shape = (plan.goal, tuple((phase.id, phase.name) for phase in plan.phases))
        if shape != self._shape:
            self._shape = shape
            await self._context.emit(_created(plan))
        for index, phase in enumerate(plan.phases):
            await self._tell(phase, index)

    async def _tell(self, phase: PlanPhase, index: int) -> None:
        """A phase that is completed at once was begun as well."""
        told = (phase.id, phase.name)
        if phase.status != "pending" and told not in self._begun:
            self._begun.add(told)
            await self._context.emit(
                PhaseStart(phase_id=phase.id, phase_name=phase.name, phase_index=index)
            )
        if phase.status == "completed" and told not in self._completed:
            self._completed.add(told)
            await self._context.emit(PhaseComplete(phase_id=phase.id, phase_name=phase.name))


def _created(plan: Plan) -> PlanCreated:
    phases = (Phase(id=each.id, name=each.name, status=each.status) for each in plan.phases)
    return PlanCreated(goal=plan.goal, phases=tuple(phases))
