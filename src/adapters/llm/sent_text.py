"""Puts texts of a conversation into a form that every server takes."""

from ports.language_model import ToolCall


def whole_utf8(text: str) -> str:
    """UTF-8 cannot carry lone surrogates, which files and terminals do hold."""
    return text.encode("utf-8", errors="replace").decode()


def sent_arguments(call: ToolCall) -> str:
    # Servers parse past arguments again and refuse a conversation that holds broken JSON.
    if call.arguments is None:
        return "{}"
    return whole_utf8(call.raw_arguments.strip()) or "{}"
