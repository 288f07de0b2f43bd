"""Takes out of lines of output what a terminal would act on, or what it would answer."""

import re

# A plain set of characters comes first: only so does the engine pass over text quickly.
_ESCAPES = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"  # any control but tab, line feed and return
    r"(?:(?<=\x00)\x00*+"  # all of a run at once: files have long ones
    r"|(?<=\x1b)(?:"
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

# Not all of them: those that long texts are made of, and that terminals agree on.
ONE_CELL = " -~\u00a0-\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u200a\u2070-\u20cf\u2500-\u25fc\u2800-\u28ff"
"""Characters that take one cell of a screen, as a regular expression's set."""
TWO_CELLS = "\u3041-\u3096\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
"""Characters that take two."""

_C = r"\x00-\x1a\x1c-\x1f\x7f"  # a control within a sequence does not end it
_PARAMETERS = rf"[0-?{_C}]*+"
_CSI = r"(?:\x1b\[|\x9b)"
_STRING = r"[^\x07\x1b\x9c]*+"
_STRING_END = r"(?:\x07|\x1b\\|\x9c)"
# What makes a terminal answer.
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


def plain_text(line: str) -> str:
    """The line without escapes and controls; text before a carriage return is overwritten."""
    if line.isprintable():
        return line
    return _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]


def unfinished_escape(text: str) -> str:
    """The escape sequence at the end of the text that more text may yet complete."""
    found = _UNFINISHED.search(text, max(0, len(text) - _LONGEST_ESCAPE))
    return found[0] if found else ""


def without_queries(line: str) -> str:
    """Takes out what would make a terminal answer, were the line shown on one; colours, links and
    all else stay.
    """
    return _QUERIES.sub("", line) if _MAY_BEGIN.search(line) else line
