"""What a tool call gave: its text, and the exit code of a command, in whichever place they are."""

import re
from collections.abc import Sequence
from typing import Final

from adapters.acp.content_text import content_text, output_text
from adapters.acp.json_message import JsonObject, json_list, json_object, json_text

_WHOLE_TEXTS = ("formatted_output", "aggregated_output", "output")
"""Codex and opencode have both outputs of a command in one of these."""
_EXIT_CODES = ("exit_code", "exitCode", "exit")
# Qwen Code shows what it shows its model. The last such line is its own, not the command's.
_IN_A_REPORT: Final = re.compile(r"^Exit Code: (\d+)$", re.MULTILINE)
_INSTEAD_OF_OUTPUT: Final = re.compile(r"Command exited with code: (\d+)")


def result_text(call: JsonObject) -> str:
    """The text of a call: of a command its output as it was, of others what the agent shows."""
    content = json_list(call.get("content"))
    shown, raw = content_text(content), _raw_text(call.get("rawOutput"))
    if json_text(call.get("kind")) == "execute" and raw is not None and not _has_change(content):
        return raw
    if shown or raw is not None:
        return shown or raw or ""
    return output_text(call.get("rawOutput"))


def exit_code(call: JsonObject) -> int | None:
    """Of a call that ran a command; None where the agent does not say how that ended."""
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
    """None where it is of a shape that is not known here."""
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
