"""The text of what an agent shows: messages, results of tools, changes of files."""

import difflib
import json
from collections.abc import Sequence

from domain.omitted_content import omitted_content

_MOST_COMPARED = 2_000  # lines; comparing takes a time that grows with their square


def block_text(block: object) -> str:
    """What is no text is named in brackets, so that an image does not become its base64."""
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "resource_link", "uri": str(uri)}:
            return uri
        case {"type": "resource", "resource": {"text": str(text)}}:
            return text
        case {"type": str(kind), "mimeType": media_type, "data": data}:
            return omitted_content(kind, media_type=media_type, encoded=data)
        case {"type": str(kind)}:
            return omitted_content(kind)
        case _:
            return ""


def content_text(content: Sequence[object]) -> str:
    """The content of a tool call."""
    return "\n".join(text for text in map(_item_text, content) if text)


def output_text(output: object) -> str:
    """The raw output of a tool, which may be of any shape."""
    match output:
        case None:
            return ""
        case str():
            return output
        case _:
            return json.dumps(output, ensure_ascii=False)


def _item_text(item: object) -> str:
    match item:
        case {"type": "content", "content": block}:
            return block_text(block)
        case {"type": "diff", "path": str(path), "newText": str(new), "oldText": str(old)}:
            return _change(path, old, new)
        case {"type": "diff", "path": str(path), "newText": str(new)}:
            return _change(path, "", new)
        case {"type": "terminal"}:
            return ""  # what it shows is emitted as it comes
        case _:
            return block_text(item)


def _change(path: str, old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    if len(before) + len(after) > _MOST_COMPARED:
        return f"{path}: {len(before)} lines became {len(after)}"
    changed = difflib.unified_diff(before, after, fromfile=path, tofile=path, lineterm="")
    return "\n".join(changed)
