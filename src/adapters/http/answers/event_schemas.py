"""The events as JSON schemas, made from the very classes that are sent."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from domain.events import EVENT_CLASSES, AgentEvent

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
    """Says of optional fields what is true of them on the wire: they are there or left out."""
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
