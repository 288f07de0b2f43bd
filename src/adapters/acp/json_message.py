"""Takes one JSON object out of a line, in a shape that no event chokes on."""

import json
import math

from domain.whole_text import whole_text

JsonObject = dict[str, object]

_DEEPEST = 64
_MOST_DIGITS = 18  # more do not fit the 64 bits of other readers


def json_message(line: str) -> JsonObject | None:
    """None for what is no JSON object."""
    try:
        loaded: object = json.loads(
            line, parse_int=_integer, parse_float=_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        return None
    return json_object(_plain(loaded, _DEEPEST)) if isinstance(loaded, dict) else None


def json_object(value: object) -> JsonObject:
    """The value itself if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def json_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def json_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(_: str) -> None:
    return None


def _plain(value: object, depth_left: int) -> object:
    match value:
        case str():
            return whole_text(value)
        case dict() | list() if not depth_left:
            # The rest of the message still counts: an agent may wait for an answer to it.
            return "(nested too deeply)"
        case dict():
            return {whole_text(key): _plain(item, depth_left - 1) for key, item in value.items()}
        case list():
            return [_plain(item, depth_left - 1) for item in value]
        case _:
            return value
