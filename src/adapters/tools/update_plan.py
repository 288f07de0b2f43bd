"""The tool with which a model reports its plan and progress."""

from collections import Counter
from collections.abc import Mapping

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from domain.errors import ToolError
from domain.plan import PhaseStatus, Plan, PlanPhase
from ports.tool import ToolContext, ToolResult

_MOST_PHASES = 50


class PhaseArguments(Arguments):
    id: str = Field(min_length=1, max_length=64, description="The same in every later call.")
    name: str = Field(min_length=1, max_length=200, description="What is done, in a few words.")
    status: PhaseStatus


class UpdatePlanArguments(Arguments):
    goal: str = Field(min_length=1, max_length=2000, description="What the task is to reach.")
    phases: tuple[PhaseArguments, ...] = Field(
        min_length=1, max_length=_MOST_PHASES, description="All phases, in the order of the work."
    )


class UpdatePlanTool:
    spec = tool_spec(
        "update_plan",
        "Show the plan of a task with several steps, and again whenever a phase begins or is "
        "completed. What is given takes the place of the plan before.",
        UpdatePlanArguments,
    )

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        plan = _plan(parsed_arguments(UpdatePlanArguments, arguments))
        await context.update_plan(plan)
        completed = sum(phase.status == "completed" for phase in plan.phases)
        return ToolResult(content=f"{completed} of {len(plan.phases)} phases are completed.")


def _plan(wanted: UpdatePlanArguments) -> Plan:
    times = Counter(phase.id for phase in wanted.phases)
    if twice := [name for name, count in times.items() if count > 1]:
        raise ToolError(f"phases: the id {twice[0]!r} is there twice")
    phases = (
        PlanPhase(id=phase.id, name=phase.name, status=phase.status) for phase in wanted.phases
    )
    return Plan(goal=wanted.goal, phases=tuple(phases))
