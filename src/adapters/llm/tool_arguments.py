"""Reads what a model wrote as the arguments of a tool call."""

from collections.abc import Mapping

import msgspec


def tool_arguments(raw: str) -> Mapping[str, object] | None:
    """The JSON object that was written; nothing written is an empty one, anything else is None."""
    if not raw.strip():
        return {}
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
