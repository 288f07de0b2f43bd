"""The text of a tool's result, which comes as text, as parts or as JSON."""

import json

from domain.omitted_content import omitted_content


def result_text(content: object) -> str:
    """What is no text is named in brackets, so that an image does not become its base64."""
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
