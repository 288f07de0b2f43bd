"""Takes one JSON object out of a line, in a shape that no event chokes on."""

from adapters.system.foreign_json import foreign_json

JsonObject = dict[str, object]


def json_message(line: str) -> JsonObject | None:
    """None for what is no JSON object."""
    try:
        # The rest of the message still counts: an agent may wait for an answer to it.
        loaded = foreign_json(line, too_deep=lambda: "(nested too deeply)")
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def json_object(value: object) -> JsonObject:
    """The value itself if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def json_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def json_text(value: object) -> str:
    return value if isinstance(value, str) else ""
