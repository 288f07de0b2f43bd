"""Parses an event stream by the grammar of the HTML standard, as a browser does."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """One event as a page's listener would get it."""

    event: str
    data: str
    last_event_id: str


def dispatched(stream: bytes) -> Sequence[Dispatched]:
    """Everything a whole stream dispatches; what comes after its last blank line is dropped."""
    events: list[Dispatched] = []
    event, data, last_id = "message", list[str](), ""
    for line in _LINE_END.split(stream.decode("utf-8"))[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found = Dispatched(event=event, data="\n".join(data), last_event_id=last_id)
                events.append(found)
            event, data = "message", []
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last_id = value
    return events


def strict_json(text: str | bytes) -> dict[str, object]:
    """An object without NaN, infinities and names given twice."""
    value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_distinct)
    assert isinstance(value, dict)
    return value


def _refuse(constant: str) -> None:
    raise AssertionError(f"not JSON: {constant}")


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a name given twice: {names}"
    return dict(pairs)
