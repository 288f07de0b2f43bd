"""Strips what a terminal would act on, so that a line of output can be read as text."""

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # two-character and charset sequences
    r"|[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]"  # other controls, but tab and line feed
)


def plain_text(line: str) -> str:
    """The line without escapes and controls; text before a carriage return is overwritten."""
    visible = line.rstrip("\r").rpartition("\r")[2]
    if visible.isprintable():
        return visible
    return _ESCAPES.sub("", visible)
