"""Validates the arguments of a tool call, and describes them to models."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.approval import Effect
from domain.errors import ToolError
from ports.tool import ToolSpec


class Arguments(BaseModel):
    """The arguments of one tool; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


A = TypeVar("A", bound=Arguments)


def parsed_arguments(arguments_class: type[A], arguments: Mapping[str, object]) -> A:
    """Raises ToolError, which names every wrong argument."""
    try:
        return arguments_class.model_validate(dict(arguments))
    except ValidationError as error:
        faults = (f"{_name(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise ToolError("wrong arguments: " + "; ".join(faults)) from error


def tool_spec(
    name: str,
    description: str,
    arguments_class: type[Arguments],
    *,
    effects: frozenset[Effect] = frozenset(),
) -> ToolSpec:
    schema = arguments_class.model_json_schema()
    parameters = {
        "type": "object",
        "properties": _plain(schema.get("properties", {}), schema.get("$defs", {})),
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
    return ToolSpec(name=name, description=description, parameters=parameters, effects=effects)


def _plain(schema: object, definitions: Mapping[str, object]) -> object:
    """Without titles and with definitions inlined, as some models ignore `$ref`."""
    match schema:
        case {"$ref": str(reference)}:
            return _plain(definitions[reference.removeprefix("#/$defs/")], definitions)
        case dict():
            return {
                key: _plain(value, definitions)
                for key, value in schema.items()
                if key != "title" or not isinstance(value, str)
            }
        case list():
            return [_plain(item, definitions) for item in schema]
        case _:
            return schema


def _name(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)
