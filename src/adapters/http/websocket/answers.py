"""What the server says over a WebSocket, as JSON text; the events go out as they are stored."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from starlette.types import Scope

from adapters.http.problems.problem import Problem, problem_fields
from application.watching.stream_steps import Connected, CursorMoved, End, Events, Reset

ControlStep = Connected | Reset | CursorMoved | End
_TYPES = {Connected: "connected", Reset: "reset", CursorMoved: "cursor", End: "end"}


def event_messages(step: Events, *, watch_id: str) -> Iterator[str]:
    """One for each event, whose own JSON is copied, not read."""
    name = json.dumps(watch_id)
    for stored, cursor in step.with_cursors():
        event = stored.body.decode("ascii")
        yield f'{{"type":"event","watch":{name},"cursor":"{cursor}","event":{event}}}'


def control_message(step: ControlStep, *, watch_id: str) -> str:
    return _text({"type": _TYPES[type(step)], "watch": watch_id, **asdict(step)})


def unwatched(watch_id: str) -> str:
    return _text({"type": "unwatched", "watch": watch_id})


def result(*, command_id: str | None, status: int, body: Mapping[str, object]) -> str:
    return _text({"type": "result", "id": command_id, "status": status, "body": body})


def refusal(
    problem: Problem, scope: Scope, *, command_id: str | None = None, watch_id: str | None = None
) -> str:
    """Its fields are those of a problem over HTTP, whose own `type` says nothing and is left out."""
    fields = {key: value for key, value in problem_fields(problem, scope).items() if key != "type"}
    if problem.headers and "Retry-After" in problem.headers:
        fields["retry_after_s"] = int(problem.headers["Retry-After"])
    return _text({"type": "error", "id": command_id, "watch": watch_id, **fields})


def _text(fields: Mapping[str, object]) -> str:
    present = {key: value for key, value in fields.items() if value is not None}
    return json.dumps(present, separators=(",", ":"))
