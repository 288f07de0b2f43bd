"""A rule whose JSON path was compiled."""

import json
from itertools import islice

from jsonpath.exceptions import JSONPathError

from adapters.patterns.json_line import Document
from adapters.patterns.patience import Patience
from adapters.patterns.timed_json_path import TimedJsonPath
from domain.errors import InvalidInput
from domain.extraction import MOST_FOUND, Captured, CaptureType, ExtractionRule, Found, captured_as

_MOST_CHARS = 1024
_INTEGERS = range(-(2**63), 2**63)
_NOT_FOR_THIS_LINE = (
    JSONPathError,
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library may raise when a path and a document do not go together."""


class JsonPathRule:
    def __init__(
        self,
        rule: ExtractionRule,
        *,
        json_path: str,
        field: str,
        patience: Patience,
        most_chars: int,
    ) -> None:
        """Raises InvalidInput; `field` is where the rule stands."""
        self._name = rule.name
        self._most = MOST_FOUND if rule.every_match else 1
        self._most_chars = most_chars
        types = dict(rule.types)
        self._kind = types.pop("value", None)
        self._path = _compiled(json_path, patience, field=f"{field}.json_path")
        if types:
            raise InvalidInput(
                f"{field}.types", "a json_path has no groups; only value has a type"
            )

    def find(self, _: str, document: Document | None) -> list[Found]:
        """Raises TimeoutError."""
        values = () if document is None else self._path.values(document)
        said = (value for value in values if value is not None)
        try:
            return [
                Found(rule=self._name, value=_captured(value, self._kind, self._most_chars))
                for value in islice(said, self._most)
            ]
        except _NOT_FOR_THIS_LINE:
            return []


def _compiled(json_path: str, patience: Patience, *, field: str) -> TimedJsonPath:
    if len(json_path) > _MOST_CHARS:
        raise InvalidInput(field, f"should have at most {_MOST_CHARS} characters")
    try:
        return TimedJsonPath(json_path, patience=patience)
    except (JSONPathError, ValueError) as error:
        said = error.args[0] if error.args else "it cannot be parsed"
        raise InvalidInput(field, f"is no path after RFC 9535: {said}") from error
    except RecursionError as error:
        raise InvalidInput(field, "is nested too deeply") from error


def _captured(value: object, kind: CaptureType | None, most_chars: int) -> Captured:
    """What JSON says of its type counts where the rule says nothing."""
    if kind is None or kind == _own_kind(value):
        match value:
            case bool() | float():
                return value
            case int() if value in _INTEGERS:
                return value
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return captured_as(text, kind or "text", most_chars=most_chars)


def _own_kind(value: object) -> CaptureType:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "text"
