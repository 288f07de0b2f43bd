"""What a client asks to watch, from where, and which events that selects."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from domain.errors import InvalidInput
from domain.events import EVENT_CLASSES
from domain.ids import AgentName, SessionId, TaskId
from ports.event_log import Recorded, StoredEvent

_ALL = frozenset(EVENT_CLASSES)
DELTAS = frozenset({"think_delta", "message_delta", "tool_call_stream"})


@dataclass(frozen=True, slots=True)
class FromNow:
    """Only what comes; a stream of tasks begins at their beginning all the same."""


@dataclass(frozen=True, slots=True)
class FromCursor:
    cursor: str


@dataclass(frozen=True, slots=True)
class Since:
    at: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    last: int | None
    """How many of the newest events that the stream shows; None for all."""


Start = FromNow | FromCursor | Since | Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest:
    """At least one session, agent or task; an event must match every kind that is given."""

    session_ids: tuple[SessionId, ...] = ()
    agents: tuple[AgentName, ...] = ()
    task_ids: tuple[TaskId, ...] = ()
    event_types: frozenset[str] = field(default=_ALL)
    start: Start = field(default_factory=FromNow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Empty means all."""

    task_ids: frozenset[TaskId] = frozenset()
    agents: frozenset[AgentName] = frozenset()
    event_types: frozenset[str] = _ALL

    @property
    def admits_all(self) -> bool:
        return (
            not self.task_ids and not self.agents and len(self.event_types) == len(EVENT_CLASSES)
        )

    def admits(self, event: StoredEvent) -> bool:
        """An event that was compacted away is wanted by nobody."""
        return self._wants(event) and event.body != b""

    def shows(self, event: Recorded) -> bool:
        return self._wants(event) and event.is_whole

    def _wants(self, event: StoredEvent | Recorded) -> bool:
        return (
            event.event_type in self.event_types
            and (not self.task_ids or event.task_id in self.task_ids)
            and (not self.agents or event.agent in self.agents)
        )


@lru_cache(maxsize=256)
def event_types(patterns: tuple[str, ...], *, with_deltas: bool) -> frozenset[str]:
    """The event types that match any of the patterns, in which `*` stands for anything.

    No patterns match all. Raises InvalidInput for a pattern that matches none.
    """
    wanted = _ALL if not patterns else frozenset[str]()
    for pattern in patterns:
        matching = re.compile(re.escape(pattern).replace(r"\*", ".*"))
        found = {name for name in EVENT_CLASSES if matching.fullmatch(name)}
        if not found:
            raise InvalidInput("types", f"no event type matches {pattern!r}")
        wanted |= found
    return wanted if with_deltas else wanted - DELTAS
