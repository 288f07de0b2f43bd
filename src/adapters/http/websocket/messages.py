"""What clients and the server may send over a WebSocket: JSON objects, each with a `type`."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from starlette.types import Scope

from adapters.http.problems.problem import Problem, field_problem, problem_fields
from adapters.http.requests.json_route import parse_json
from application.watching.stream_steps import Connected, CursorMoved, End, Events, Reset

CommandName = Literal["submit", "cancel", "pause", "resume", "retry", "approve", "input"]
COMMANDS: tuple[CommandName, ...] = get_args(CommandName)
DEFAULT_WATCH = "watch"
_ID = re.compile(r"[\x20-\x7e]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchMessage:
    watch_id: str
    fields: Mapping[str, object]
    """What to watch and from where, not checked yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwatchMessage:
    watch_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandMessage:
    name: CommandName
    command_id: str | None
    fields: Mapping[str, object]
    """As in the body of the same request over HTTP, not checked yet."""


ClientMessage = WatchMessage | UnwatchMessage | CommandMessage


def parse_message(text: str) -> dict[str, object]:
    """Raises Problem for what is not a JSON object, or not one that all readers read alike."""
    message = parse_json(text.encode("utf-8", "surrogatepass"))
    if not isinstance(message, dict):
        raise Problem(
            status=400, code="malformed_json", detail="A message should be a JSON object."
        )
    return message


def id_of(message: Mapping[str, object]) -> str | None:
    """The client's name for a message; raises Problem for what cannot be one."""
    given = message.get("id")
    if given is None:
        return None
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise _wrong("id", "should be a string of 1 to 64 printable ASCII characters")
    return given


def client_message(message: Mapping[str, object]) -> ClientMessage:
    """Raises Problem for a type that there is not."""
    given_id = id_of(message)
    fields = {name: value for name, value in message.items() if name not in ("type", "id")}
    match message.get("type"):
        case "watch":
            return WatchMessage(watch_id=given_id or DEFAULT_WATCH, fields=fields)
        case "unwatch":
            if fields:
                raise _wrong(next(iter(fields)), "there is no such field here")
            return UnwatchMessage(watch_id=given_id or DEFAULT_WATCH)
        case str() as name if name in COMMANDS:
            return CommandMessage(name=name, command_id=given_id, fields=fields)
        case _:
            known = ", ".join(["watch", "unwatch", *COMMANDS])
            raise _wrong("type", f"should be one of {known}", code="unknown_command")


def _wrong(field: str, message: str, *, code: str = "invalid_parameter") -> Problem:
    return field_problem(status=400, code=code, field=field, message=message)


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
    """The fields of a problem over HTTP, but its `type`, which is the same for all."""
    fields = {key: value for key, value in problem_fields(problem, scope).items() if key != "type"}
    if problem.headers and "Retry-After" in problem.headers:
        fields["retry_after_s"] = int(problem.headers["Retry-After"])
    return _text({"type": "error", "id": command_id, "watch": watch_id, **fields})


def _text(fields: Mapping[str, object]) -> str:
    present = {key: value for key, value in fields.items() if value is not None}
    return json.dumps(present, separators=(",", ":"))
