"""Takes out of a line what would make a terminal answer, were the line shown on one again."""

import re

_C = r"\x00-\x1a\x1c-\x1f\x7f"  # a control within a sequence does not end it
_PARAMETERS = rf"[0-?{_C}]*+"
_CSI = r"(?:\x1b\[|\x9b)"
_STRING = r"[^\x07\x1b\x9c]*+"
_STRING_END = r"(?:\x07|\x1b\\|\x9c)"
_QUERIES = re.compile(
    rf"{_CSI}(?:{_PARAMETERS}(?:[cnxt]|\$[{_C}]*[puw]|[&\"][{_C}]*[uv]|\*[{_C}]*y|'[{_C}]*\|)"
    rf"|[{_C}]*>{_PARAMETERS}q|[{_C}]*\?{_PARAMETERS}[uS])"
    # Colours and other settings that are asked for, the clipboard, what iTerm can report; and what
    # holds the beginning of another one, without which its own end might be missing.
    rf"|(?:\x1b\]|\x9d)(?:(?![{_C}]*[0128];)[^\x07\x1b\x9c]*;[{_C}]*\?|[{_C}]*(?:52|1337);"
    r"|[^\x07\x1b\x9c]*[\x80-\x9b\x9d-\x9f])"
    rf"{_STRING}{_STRING_END}?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*+(?:\x1b\\|\x9c)?"
    r"|\x1bZ|\x9a|\x05"
    # What was cut off: what follows in the next line would complete it.
    rf"|{_CSI}{_PARAMETERS}[ -/{_C}]*+(?![@-~])"
    rf"|(?:\x1b\]|\x9d){_STRING}(?!{_STRING_END})"
    r"|\x1b[ -/]*+(?![0-~])"
)

_MAY_BEGIN = re.compile(r"[\x05\x1b\x90\x98-\x9f]")  # ten times as fast to look for


def without_queries(line: str) -> str:
    """Colours, links and all else stay as they are."""
    return _QUERIES.sub("", line) if _MAY_BEGIN.search(line) else line
