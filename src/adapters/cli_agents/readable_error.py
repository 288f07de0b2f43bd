"""Finds the words for a person in an error that carries a server's JSON."""

from adapters.cli_agents.json_line import json_object


def readable_error(message: str) -> str:
    """The server's own message in place of the JSON around it, and no brackets around it all.

    With its HTTP status, if that stands in the JSON alone.
    """
    # Not by an expression: agents write millions of characters, of which each may be a brace.
    start, end = message.find("{"), message.rfind("}") + 1
    said = json_object(message[start:end]) if 0 <= start < end else None
    if inner := _message(said):
        before, after = message[:start], message[end:]
        status = _status(said)
        is_new = bool(status) and status not in before + inner + after
        message = f"{before}{status + ' ' if is_new else ''}{inner}{after}"
    bare = message.strip()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1].strip()
    return bare or "the agent gave no reason"


def _message(said: object) -> str | None:
    match said:
        case {"error": {"message": str(message)}} | {"message": str(message)} if message.strip():
            return message
        case {"error": str(message)} if message.strip():
            return message
        case _:
            return None


def _status(said: object) -> str:
    match said:
        case {"error": {"code": int(code)}} | {"code": int(code)} if code in range(400, 600):
            return str(code)
        case _:
            return ""
