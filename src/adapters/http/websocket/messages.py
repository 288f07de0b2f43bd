"""What a client may say over a WebSocket: JSON objects, each with a `type`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from adapters.http.problems.problem import Problem, field_problem
from adapters.http.requests.json_route import parse_json

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
