"""How the events of an agent that thinks aloud read."""

from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    MessageDelta,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    ThinkDelta,
    Thinking,
    ThinkingEvent,
    TokenUsage,
)
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.excerpt import amounts, excerpt


def thinking_line(event: ThinkingEvent) -> EventLine | None:
    """None for what is shown as a whole later, or says nothing to a reader."""
    match event:
        case PlanCreated(goal=goal, phases=phases):
            steps = "\n".join(f"{number}. {phase.name}" for number, phase in enumerate(phases, 1))
            return EventLine(text=f"plan: {excerpt(goal)}", detail=steps)
        case PhaseStart(phase_name=name):
            return EventLine(text=f"phase {excerpt(name)}")
        case PhaseComplete(phase_name=name):
            return EventLine(text=f"phase {excerpt(name)} is complete")
        case IterationStart(iteration=number, max_iterations=0):
            return EventLine(text=f"iteration {number}")
        case IterationStart(iteration=number, max_iterations=most):
            return EventLine(text=f"iteration {number} of at most {most}")
        case ThinkComplete(content=content) | Message(content=content):
            return EventLine(text=content, style="text") if content.strip() else None
        case TokenUsage():
            return EventLine(text=_usage(event))
        case Thinking() | ThinkDelta() | MessageDelta() | IterationComplete():
            return None


def _usage(event: TokenUsage) -> str:
    total = amounts(
        tokens=event.total_tokens,
        cost_usd=event.total_cost_usd,
        partial=event.partial is True,
    )
    return (
        f"{event.model}: {event.input_tokens:,} in, {event.output_tokens:,} out ({total} so far)"
    )
