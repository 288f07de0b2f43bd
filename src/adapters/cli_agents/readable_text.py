"""Readable text of tool results and errors, which come as text, content parts or JSON."""

import json

from adapters.cli_agents.json_lines_parser import json_object
from domain.omitted_content import omitted_content


def result_text(content: object) -> str:
    """Anything but text is named in brackets, so that an image does not become its base64."""
    match content:
        case None:
            return ""
        case str():
            return content
        case list():
            return "\n".join(_part(part) for part in content)
        case _:
            return json.dumps(content, ensure_ascii=False)


def _part(part: object) -> str:
    match part:
        case str():
            return part
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": str(kind), "source": {"media_type": media_type, "data": data}}:
            return omitted_content(kind, media_type=media_type, encoded=data)
        case {"type": str(kind), "mimeType": media_type, "data": data}:
            return omitted_content(kind, media_type=media_type, encoded=data)
        case {"type": str(kind)}:
            return omitted_content(kind)
        case _:
            return result_text(part) if not isinstance(part, list) else "[list]"


def readable_error(message: str) -> str:
    """Replaces the JSON of a server in an error by the server's message, and strips brackets.

    The HTTP status is added if only the JSON had it.
    """
    # No regular expression: a message may consist of millions of braces.
    start, end = message.find("{"), message.rfind("}") + 1
    error = json_object(message[start:end]) if 0 <= start < end else None
    if inner := _message(error):
        before, after = message[:start], message[end:]
        status = _status(error)
        is_new = bool(status) and status not in before + inner + after
        message = f"{before}{status + ' ' if is_new else ''}{inner}{after}"
    bare = message.strip()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1].strip()
    return bare or "the agent gave no reason"


def _message(error: object) -> str | None:
    match error:
        case {"error": {"message": str(message)}} | {"message": str(message)} if message.strip():
            return message
        case {"error": str(message)} if message.strip():
            return message
        case _:
            return None


def _status(error: object) -> str:
    match error:
        case {"error": {"code": int(code)}} | {"code": int(code)} if code in range(400, 600):
            return str(code)
        case _:
            return ""
