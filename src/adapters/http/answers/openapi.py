"""The description of the whole API, with its events, frames and errors, as OpenAPI."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from adapters.http.problems.problem import ProblemSchema
from domain.events import EVENT_CLASSES, AgentEvent


def description_of(openapi: Callable[[], dict[str, Any]]) -> Callable[[], bytes]:
    """Computed once, at the first call."""

    @cache
    def description() -> bytes:
        api = openapi()
        schemas = api.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(event_schemas(), **frame_schemas(), **_problem_schemas())
        return json.dumps(api).encode()

    return description


def _problem_schemas() -> dict[str, Any]:
    template = "#/components/schemas/{model}"
    problem = TypeAdapter(ProblemSchema).json_schema(ref_template=template)
    return {**problem.pop("$defs"), "Problem": problem}


Schema = dict[str, Any]

_REF = "#/components/schemas/{model}"
_ENVELOPE: Mapping[str, Schema] = {
    "seq": {"type": "integer", "minimum": 1},
    "timestamp": {"type": "string", "format": "date-time"},
    "session_id": {"type": "string"},
    "task_id": {"type": "string"},
    "agent": {"type": "string"},
    "attempt": {"type": "integer", "minimum": 0},
}


def event_schemas() -> dict[str, Schema]:
    """A schema for each event, those they are made of, and the union of all as `AgentEvent`."""
    schemas: dict[str, Schema] = {}
    for name, event_class in EVENT_CLASSES.items():
        schema = TypeAdapter(event_class).json_schema(ref_template=_REF)
        schemas.update(_without_null_in_all(schema.pop("$defs", {})))
        schemas[event_class.__name__] = _enveloped(name, event_class, schema)
    schemas["AgentEvent"] = _union()
    return schemas


def _enveloped(name: str, event_class: type[AgentEvent], payload: Schema) -> Schema:
    own = _without_null(payload)
    event_type: Schema = {"type": "string", "const": name}
    return {
        "type": "object",
        "title": event_class.__name__,
        "properties": {"event_type": event_type, **_ENVELOPE, **own["properties"]},
        "required": ["event_type", *_ENVELOPE, *own.get("required", ())],
    }


def _union() -> Schema:
    refs = {name: _REF.format(model=cls.__name__) for name, cls in EVENT_CLASSES.items()}
    return {
        "title": "AgentEvent",
        "description": "The data of one Server-Sent Event of a task.",
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": "event_type", "mapping": refs},
    }


def _without_null_in_all(definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    return {name: _without_null(schema) for name, schema in definitions.items()}


def _without_null(schema: Schema) -> Schema:
    """Makes optional fields what they are on the wire: present or left out, never null."""
    properties = {
        name: _present(of_field) for name, of_field in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}


def _present(schema: Schema) -> Schema:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    if len(kinds) == 1:
        return {**rest, **kinds[0]}
    return {**rest, "anyOf": kinds} if kinds else rest


class Connected(TypedDict):
    """The first frame of every stream; its id is `cursor`."""

    session_id: NotRequired[str]
    task_id: NotRequired[str]
    agent: NotRequired[str]
    cursor: str
    first_seq: NotRequired[int]
    last_seq: NotRequired[int]
    ping_s: NotRequired[float]


class Reset(TypedDict):
    """The log cannot serve the cursor: forget what was seen, all that is kept follows."""

    reason: Literal["trimmed", "future", "diverged"]
    first_seq: NotRequired[int]
    last_seq: NotRequired[int]


class CursorMoved(TypedDict):
    """The stream passed over events up to here; one of several sessions leaves the seq out."""

    last_seq: NotRequired[int]


class End(TypedDict):
    """Nothing more comes, and the stream closes."""

    reason: Literal["task_finished", "session_deleted", "auth_expired", "server_draining", "limit"]


def frame_schemas() -> dict[str, dict[str, Any]]:
    """By their names in the API description."""
    return {
        "StreamConnected": TypeAdapter(Connected).json_schema(),
        "StreamReset": TypeAdapter(Reset).json_schema(),
        "StreamCursor": TypeAdapter(CursorMoved).json_schema(),
        "StreamEnd": TypeAdapter(End).json_schema(),
    }
