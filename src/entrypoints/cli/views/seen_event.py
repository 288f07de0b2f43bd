"""An event as a command sees it: the bytes as they came, and what they mean."""

import json
from dataclasses import dataclass

from adapters.wire import JsonEventCodec
from domain.events import EVENT_CLASSES, AgentEvent
from domain.ids import AgentName, Tag, TaskId
from ports.event_log import StoredEvent

_CODEC = JsonEventCodec()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEvent:
    body: str
    event_type: str
    session_id: str
    task_id: str
    agent: str
    event: AgentEvent | None
    """None for what this version cannot read: a newer server wrote it."""


def seen(body: str) -> SeenEvent:
    envelope: dict[str, object] = json.loads(body)
    name = str(envelope.get("event_type"))
    return SeenEvent(
        body=body,
        event_type=name,
        session_id=str(envelope.get("session_id")),
        task_id=str(envelope.get("task_id")),
        agent=str(envelope.get("agent")),
        event=_understood(name, body) if name in EVENT_CLASSES else None,
    )


def _understood(name: str, body: str) -> AgentEvent | None:
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
