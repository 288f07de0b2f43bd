"""A hash of a call: its tool and its exact arguments, which an approval is bound to."""

import hashlib
import re
from collections.abc import Mapping, Sequence

_TO_ESCAPE = re.compile(r'["\\\x00-\x1f]')
_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def fingerprint(tool_name: str, arguments: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON of `[tool_name, arguments]` in UTF-8."""
    text = canonical_json([tool_name, arguments])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def canonical_json(value: object) -> str:
    """Members sorted by name, no white space, and only the escapes that JSON requires."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case Mapping():
            members = sorted((str(name), item) for name, item in value.items())
            return f"{{{','.join(f'{_text(name)}:{canonical_json(item)}' for name, item in members)}}}"
        case Sequence() if not isinstance(value, str):
            return f"[{','.join(canonical_json(item) for item in value)}]"
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    return f'"{_TO_ESCAPE.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT.get(character) or f"\\u{ord(character):04x}"
