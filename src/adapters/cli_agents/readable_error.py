"""Finds the words for a person in an error that carries a server's JSON."""

import re

from adapters.cli_agents.json_line import json_object

_JSON = re.compile(r"\{.*\}", re.DOTALL)


def readable_error(message: str) -> str:
    """The server's own message in place of the JSON around it, and no brackets around it all.

    With its HTTP status, if that stands in the JSON alone.
    """
    found = _JSON.search(message)
    said = json_object(found[0]) if found else None
    inner = _message(said)
    if found and inner:
        before, after = message[: found.start()], message[found.end() :]
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
