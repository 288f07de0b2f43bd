"""An event as received, parsed, and the protocol of views that show it."""

import json
from dataclasses import dataclass
from typing import Protocol

from adapters.wire import JsonEventCodec
from domain.events import EVENT_CLASSES, AgentEvent
from domain.ids import AgentName, Tag, TaskId
from ports.event_log import StoredEvent

_CODEC = JsonEventCodec()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    body: str
    event_type: str
    session_id: str
    task_id: str
    agent: str
    event: AgentEvent | None
    """None for an event of a newer server that this version cannot parse."""


def parsed_event(body: str) -> ReceivedEvent:
    envelope: dict[str, object] = json.loads(body)
    name = str(envelope.get("event_type"))
    return ReceivedEvent(
        body=body,
        event_type=name,
        session_id=str(envelope.get("session_id")),
        task_id=str(envelope.get("task_id")),
        agent=str(envelope.get("agent")),
        event=_decoded(name, body) if name in EVENT_CLASSES else None,
    )


def _decoded(name: str, body: str) -> AgentEvent | None:
    stored = StoredEvent(
        seq=0,
        tag=Tag(""),
        event_type=name,
        task_id=TaskId(""),
        agent=AgentName(""),
        body=body.encode(),
    )
    try:
        return _CODEC.decode(stored)
    except ValueError:
        return None


class EventView(Protocol):
    def show(self, received: ReceivedEvent) -> None:
        """Each event once, in order."""

    def notice(self, text: str) -> None:
        """A message about the stream, for stderr."""
