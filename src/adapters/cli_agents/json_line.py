"""Takes a JSON object out of a line of output, in a shape that no event chokes on."""

from adapters.system.foreign_json import foreign_json
from domain.terminal_text import plain_text

JsonObject = dict[str, object]

_ECHOED_EOF = "^D"  # a pseudo-terminal echoes the end of input before the first line


def json_object(line: str) -> JsonObject | None:
    """None for what is no JSON object, or one that is too deep to be looked into."""
    found = _loaded(line.strip())
    return _loaded(plain_text(line).strip().removeprefix(_ECHOED_EOF)) if found is None else found


def _loaded(text: str) -> JsonObject | None:
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        loaded = foreign_json(text, too_deep=_refuse)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _refuse() -> object:
    raise ValueError("nested too deeply")
