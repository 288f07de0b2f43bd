"""The text of messages and tool results, and the exit code in them."""

import difflib
import json
import re
from collections.abc import Sequence
from typing import Final

from adapters.acp.messages import JsonObject, json_list, json_object, json_text
from domain.omitted_content import omitted_content

_MOST_COMPARED = 2_000  # lines; the diff takes quadratic time
_WHOLE_TEXTS = ("formatted_output", "aggregated_output", "output")
"""Codex and opencode report stdout and stderr together in one of these."""
_EXIT_CODES = ("exit_code", "exitCode", "exit")
# Qwen Code reports a command in this form; the last such line is its own.
_IN_A_REPORT: Final = re.compile(r"^Exit Code: (\d+)$", re.MULTILINE)
_INSTEAD_OF_OUTPUT: Final = re.compile(r"Command exited with code: (\d+)")


def block_text(block: object) -> str:
    """Anything but text is named in brackets, so that an image does not become its base64."""
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
            return ""  # its output is streamed
        case _:
            return block_text(item)


def _change(path: str, old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    if len(before) + len(after) > _MOST_COMPARED:
        return f"{path}: {len(before)} lines became {len(after)}"
    changed = difflib.unified_diff(before, after, fromfile=path, tofile=path, lineterm="")
    return "\n".join(changed)


def result_text(call: JsonObject) -> str:
    """The result of a call: the raw output of a command, else the content that the agent shows."""
    content = json_list(call.get("content"))
    shown, raw = content_text(content), _raw_text(call.get("rawOutput"))
    if json_text(call.get("kind")) == "execute" and raw is not None and not _has_change(content):
        return raw
    if shown or raw is not None:
        return shown or raw or ""
    return output_text(call.get("rawOutput"))


def exit_code(call: JsonObject) -> int | None:
    """The exit code of a call that ran a command; None if it is not reported."""
    raw = json_object(call.get("rawOutput"))
    for place in (raw, json_object(raw.get("metadata"))):
        for name in _EXIT_CODES:
            code = place.get(name)
            if isinstance(code, int) and not isinstance(code, bool):
                return code
    if json_text(call.get("kind")) != "execute":
        return None
    shown = content_text(json_list(call.get("content")))
    reported = _IN_A_REPORT.findall(shown) if shown.startswith("Command: ") else []
    instead = _INSTEAD_OF_OUTPUT.fullmatch(shown)
    codes = [*reported, *(instead.groups() if instead else ())]
    return int(codes[-1]) if codes else None


def _raw_text(output: object) -> str | None:
    """None for an unknown shape."""
    match output:
        case str():
            return output
        case dict():
            for name in _WHOLE_TEXTS:
                if isinstance(text := output.get(name), str):
                    return text
            streams = [output.get("stdout"), output.get("stderr")]
            texts = [text for text in streams if isinstance(text, str)]
            return "".join(texts) if texts else None
        case _:
            return None


def _has_change(content: Sequence[object]) -> bool:
    return any(json_object(item).get("type") == "diff" for item in content)
