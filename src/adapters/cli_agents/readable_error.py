"""Finds the words for a person in an error that carries a server's JSON."""

import re

from adapters.cli_agents.json_line import json_object

_JSON = re.compile(r"\{.*\}", re.DOTALL)


def readable_error(message: str) -> str:
    """The server's own message in place of the JSON around it, and no brackets around it all."""
    found = _JSON.search(message)
    inner = found and _message(json_object(found[0]))
    if found and inner:
        message = message[: found.start()] + inner + message[found.end() :]
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
