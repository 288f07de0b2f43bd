"""Text of a conversation in a form that every server accepts."""

from ports.language_model import ToolCall


def without_surrogates(text: str) -> str:
    """Lone surrogates, which files and terminals contain, are invalid in UTF-8."""
    return text.encode("utf-8", errors="replace").decode()


def sent_arguments(call: ToolCall) -> str:
    # Servers parse earlier arguments again, and refuse a conversation with invalid JSON.
    if call.arguments is None:
        return "{}"
    return without_surrogates(call.raw_arguments.strip()) or "{}"
