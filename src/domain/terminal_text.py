"""Strips what a terminal would act on, so that a line of output can be read as text."""

import re

# A plain set of characters comes first: only so does the engine pass over text quickly.
_ESCAPES = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"  # any control but tab, line feed and return
    r"(?:(?<=\x1b)(?:"
    r"\[[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, modes
    r"|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, …
    r"|[ -/]*[0-~]?)"  # two-character and charset sequences
    r"|(?<=\x9b)[0-?]*[ -/]*[@-~]?"  # CSI and the others again, in their short form
    r"|(?<=[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?)?"
)
_UNFINISHED = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]*\x1b?|[ -/]*)\Z"
    r"|\x9b[0-?]*[ -/]*\Z"
    r"|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c]*\x1b?\Z"
)
_LONGEST_ESCAPE = 256  # a title or a link; what is longer is not waited for


def plain_text(line: str) -> str:
    """The line without escapes and controls; text before a carriage return is overwritten."""
    if line.isprintable():
        return line
    return _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]


def unfinished_escape(text: str) -> str:
    """The escape sequence at the end of the text that more text may yet complete."""
    found = _UNFINISHED.search(text, max(0, len(text) - _LONGEST_ESCAPE))
    return found[0] if found else ""
