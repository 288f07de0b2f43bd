"""Values of the domain out of the JSON that a column holds."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from domain.limits import Limits
from domain.task import TaskResult
from domain.usage import Usage

_Value = TypeVar("_Value", TaskResult, Usage, Limits)


def json_value(kind: type[_Value], held: Mapping[str, Any]) -> _Value:
    """Without the fields that a newer version, perhaps of another node, has added."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: item for name, item in held.items() if name in known})
