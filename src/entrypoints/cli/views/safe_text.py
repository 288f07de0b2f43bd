"""Removes control sequences from agents' text; colours may stay."""

import re
from collections.abc import Callable

from domain.terminal_text import plain_text

_SEQUENCES = re.compile(
    r"(?P<colour>\x1b\[[0-9;:]*m)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # cursor, modes, queries
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # titles, clipboard, links
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def safe_text(text: str) -> str:
    """The text with only SGR sequences, line feeds and tabs as controls."""
    if text.isprintable():
        return text
    return "\n".join(_safe_line(line) for line in text.split("\n"))


def without_escapes(text: str) -> str:
    """The text with only line feeds and tabs as controls."""
    return "\n".join(map(plain_text, text.split("\n")))


def line_cleaner(*, colours: bool) -> Callable[[str], str]:
    """With `colours` each line is reset at its end."""
    return _coloured if colours else without_escapes


def _coloured(text: str) -> str:
    safe = safe_text(text)
    return f"{safe}\x1b[0m" if "\x1b" in safe else safe


def _safe_line(line: str) -> str:
    visible = line.rstrip("\r").rpartition("\r")[2]
    return _SEQUENCES.sub(lambda found: found["colour"] or "", visible)
