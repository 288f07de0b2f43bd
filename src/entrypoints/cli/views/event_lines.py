"""Which event reads how: the one place that takes every family of the union apart."""

from domain.events import AgentEvent
from domain.process_events import ProcessEvent
from domain.task_events import TaskEvent
from domain.thinking_events import ThinkingEvent
from domain.tool_events import ToolEvent
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.process_lines import process_line
from entrypoints.cli.views.task_lines import task_line
from entrypoints.cli.views.thinking_lines import thinking_line
from entrypoints.cli.views.tool_lines import tool_line
from entrypoints.cli.views.workspace_lines import workspace_line


def line_of(event: AgentEvent) -> EventLine | None:
    if isinstance(event, TaskEvent):
        return task_line(event)
    if isinstance(event, ThinkingEvent):
        return thinking_line(event)
    if isinstance(event, ToolEvent):
        return tool_line(event)
    if isinstance(event, ProcessEvent):
        return process_line(event)
    return workspace_line(event)
