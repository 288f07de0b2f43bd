"""How tool calls, and an agent's questions to a person, read."""

from domain.tool_events import (
    ApprovalRequired,
    ApprovalResolved,
    InputReceived,
    InputRequired,
    ToolCallComplete,
    ToolCallStart,
    ToolCallStream,
    ToolEvent,
)
from entrypoints.cli.views.event_line import EventLine, LineStyle
from entrypoints.cli.views.excerpt import arguments_excerpt, excerpt, result_excerpt, time_taken


def tool_line(event: ToolEvent) -> EventLine | None:
    """None for a piece of a result that comes as a whole at the end."""
    match event:
        case ToolCallStart(tool_name=name, arguments=arguments):
            return EventLine(text=f"→ {name}({arguments_excerpt(arguments)})", style="tool")
        case ToolCallComplete():
            return _result(event)
        case ApprovalRequired():
            return _question(event)
        case ApprovalResolved(decision=decision, by=by):
            return EventLine(text=f"{decision} by {by}")
        case InputRequired(prompt=prompt, choices=choices):
            among = f" ({excerpt(' | '.join(choices))})" if choices else ""
            return EventLine(text=f"input needed: {excerpt(prompt)}{among}", style="warn")
        case InputReceived(kind=kind, by=by):
            return EventLine(text=f"{kind} received from {by}")
        case ToolCallStream():
            return None


def _question(event: ApprovalRequired) -> EventLine:
    text = f"approval {event.approval_id} needed for {event.tool_name}: {excerpt(event.reason)}"
    return EventLine(text=text, style="warn", detail=arguments_excerpt(event.arguments))


def _result(event: ToolCallComplete) -> EventLine:
    cut = f", cut (all of it: {event.output_url})" if event.output_url else ""
    cut = cut or ", cut" * bool(event.truncated)
    why = f": {excerpt(event.error)}" if event.error else ""
    text = f"← {event.tool_name} {event.status} in {time_taken(event)}{cut}{why}"
    style: LineStyle = "tool" if event.status == "ok" else "warn"
    return EventLine(text=text, style=style, detail=result_excerpt(event.result))
