"""Recorded output of real agents with a scripted model, and the events read from it.

`*-calls`: a command that prints, one that prints and exits with 3, and the answer, of three model
calls. `*-cancel`: a command that is cancelled while it runs.
"""

from pathlib import Path

from adapters.acp.messages import JsonObject, json_message, json_object
from adapters.acp.offered_models import offered_models
from adapters.acp.session_updates import SessionUpdates
from domain.events import AgentEvent
from tests.fakes import FakeClock

_DATA = Path(__file__).parents[3] / "data" / "acp"


def recorded(name: str) -> list[AgentEvent]:
    read = SessionUpdates(FakeClock(), model="m")
    read.accepts_updates = True
    lines = (_DATA / f"{name}.jsonl").read_text().splitlines()
    return [event for line in lines for event in _read(read, json_message(line) or {}, line)]


def _read(read: SessionUpdates, message: JsonObject, line: str) -> list[AgentEvent]:
    match message:
        case {"method": "session/update", "params": params}:
            return list(read.read(params, line=line))
        case {"method": "session/request_permission", "params": params}:
            return list(read.permission_requested(params))
        case {"result": {"agentInfo": {"name": str(name)}}}:
            read.set_agent(agent=name, model="")
            return []
        case {"result": {"sessionId": _} as opened}:
            offered = offered_models(json_object(opened))
            read.set_agent(agent=read.usage.agent, model=offered.current if offered else "")
            return []
        case {"method": "session/cancel"}:
            read.turn_cancelled()
            return []
        case {"result": {"stopReason": _} as answer}:
            return list(read.end(json_object(answer)))
        case _:
            return []
