"""Takes a JSON object out of a line of output, in a shape that no event chokes on."""

import json
import math
import re

from domain.terminal_text import plain_text
from domain.whole_text import whole_text

JsonObject = dict[str, object]

_DEEPEST = 64
_MOST_DIGITS = 18  # more do not fit the 64 bits of other readers
_ECHOED_EOF = "^D"  # a pseudo-terminal echoes the end of input before the first line
_THREAD = re.compile(r"[A-Za-z0-9][\w.:-]{0,199}", re.ASCII)


def json_object(line: str) -> JsonObject | None:
    """None for what is no JSON object, or one that is too deep to be looked into."""
    found = _loaded(line.strip())
    return _loaded(plain_text(line).strip().removeprefix(_ECHOED_EOF)) if found is None else found


def thread_name(value: object) -> str | None:
    """A name that can be kept and put on a command line; None for anything else."""
    return value if isinstance(value, str) and _THREAD.fullmatch(value) else None


def _loaded(text: str) -> JsonObject | None:
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        loaded: JsonObject = json.loads(
            text, parse_int=_integer, parse_float=_number, parse_constant=_no_number
        )
        return {whole_text(key): _clean(value, _DEEPEST) for key, value in loaded.items()}
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(_: str) -> None:
    return None


def _clean(value: object, depth_left: int) -> object:
    if not depth_left:
        raise ValueError("nested too deeply")
    match value:
        case str():
            return whole_text(value)
        case dict():
            return {whole_text(key): _clean(item, depth_left - 1) for key, item in value.items()}
        case list():
            return [_clean(item, depth_left - 1) for item in value]
        case _:
            return value
