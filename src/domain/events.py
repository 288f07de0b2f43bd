"""The closed union of all events, their origin, and the listeners that get them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, get_args, runtime_checkable

from domain.ids import AgentName, LeaseId, SessionId, SessionKey, TaskId
from domain.process_events import ProcessEvent
from domain.task_events import TaskEvent
from domain.thinking_events import ThinkingEvent
from domain.tool_events import ToolEvent
from domain.workspace_events import WorkspaceEvent

AgentEvent = TaskEvent | ThinkingEvent | ToolEvent | ProcessEvent | WorkspaceEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all events of one attempt at a task have in common."""

    session_key: SessionKey
    session_id: SessionId
    task_id: TaskId
    agent: AgentName
    attempt: int
    lease_id: LeaseId | None
    """The lease its writer holds; None for what is written from outside a run."""
    first_seq: int = 0
    """The seq of the task's `task_queued`, before which the log has nothing of it."""
    has_earlier_runs: bool = True
    """Whether the log may hold events of other runs of the task."""


class EventListener(Protocol):
    """Gets every event that this process writes, once it is committed, without delaying runs.

    Events of one session come in the order of the log, one call at a time over all sessions. A
    slow listener falls behind, and is called later with events that are read from the log.
    """

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        """Called with one event as the log has it: truncated where too long, and redacted.

        An exception is counted and logged, and affects neither the run nor other listeners.
        """


@runtime_checkable
class AwaitedListener(EventListener, Protocol):
    """Delays runs: no tool call starts and no task ends before `on_event` has returned for all
    earlier events. Otherwise a run may be ahead by as much as may wait for the log.
    """

    @property
    def is_awaited(self) -> bool: ...


def event_type(event_class: type[AgentEvent]) -> str:
    """The name of an event on the wire: `ToolCallStart` is `tool_call_start`."""
    return _NAMES[event_class]


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


_NAMES: Mapping[type[AgentEvent], str] = {
    member: _snake_case(member.__name__) for member in get_args(AgentEvent)
}

EVENT_CLASSES: Mapping[str, type[AgentEvent]] = {name: cls for cls, name in _NAMES.items()}
"""Every event class by its `event_type`."""
