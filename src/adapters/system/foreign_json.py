"""Reads JSON from other programs, with all that could break an event or its readers replaced."""

import json
import math
from collections.abc import Callable

from domain.json_values import without_surrogates

_DEEPEST = 64
_MOST_DIGITS = 18  # more do not fit the 64-bit integers of other readers


def foreign_json(text: str, *, too_deep: Callable[[], object]) -> object:
    """Valid Unicode, finite numbers, bounded depth; `too_deep` returns what replaces deeper values.

    Raises ValueError or RecursionError for what is no JSON.
    """
    loaded: object = json.loads(
        text, parse_int=_integer, parse_float=_number, parse_constant=_no_number
    )
    return _plain(loaded, _DEEPEST, too_deep)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(_: str) -> None:
    return None


def _plain(value: object, depth_left: int, too_deep: Callable[[], object]) -> object:
    match value:
        case str():
            return without_surrogates(value)
        case dict() | list() if not depth_left:
            return too_deep()
        case dict():
            return {
                without_surrogates(key): _plain(item, depth_left - 1, too_deep)
                for key, item in value.items()
            }
        case list():
            return [_plain(item, depth_left - 1, too_deep) for item in value]
        case _:
            return value
