"""The closed union of everything an agent can be seen to do, and who listens to it."""

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
    """Gets every event that this process writes, once it is committed, and holds no run up.

    Those of one session come in the order of the log, one call at a time over all sessions. One
    that is slow is behind, not in the way: what it has yet to take is read from the log again.
    """

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        """Take one event, as the log has it: cut where it was too long, without secrets.

        Whatever is raised is counted and logged, and touches neither the run nor other listeners.
        """


@runtime_checkable
class AwaitedListener(EventListener, Protocol):
    """Holds a run up: no call of a tool begins, and no task ends, before it has taken what came
    earlier. Beside that the run may be ahead of it by as much as may wait for the log.
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
