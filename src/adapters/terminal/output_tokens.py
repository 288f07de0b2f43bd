"""Tokenizes terminal output, which may be split anywhere."""

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["text", "control", "csi", "escape", "title"]

_MOST_HELD = 256  # of an unfinished sequence; a longer one is dropped
_MOST_OF_STRING = 512
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    r"|(?:\x1b\[|\x9b)(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b(?P<string>[\]PX^_])|(?P<short_string>[\x90\x98\x9d-\x9f])"
    r"|\x1b(?P<escape>[0-OQ-WYZ\\`-~]|[ -/]+[0-~])"
    r"|(?P<short_escape>[\x80-\x8f\x91-\x97\x99\x9a\x9c])"
    r"|(?P<half>\x1b(?:\[[0-?]*[ -/]*|[ -/]*)\Z|\x9b[0-?]*[ -/]*\Z)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*|\x1b[ -/]*"  # aborted by an invalid character
)
_ENDS_TITLE = re.compile(r"[\x07\x18\x1a\x1b\x9c]")
_ENDS_STRING = re.compile(r"[\x18\x1a\x1b\x9c]")


class OutputTokens:
    """Text, control characters and sequences without their introducers.

    Of control strings only titles are returned; the others have no visible effect.
    """

    def __init__(self) -> None:
        self._held = ""
        self._string_kind = ""
        """Introducer of the control string that is being read, else empty."""
        self._string = ""

    def feed(self, text: str) -> Iterator[tuple[Kind, str]]:
        text, self._held = self._held + text, ""
        at = 0
        while at < len(text):
            if self._string_kind:
                at = self._read_string(text, at)
                if not self._string_kind and self._string[:2] in ("0;", "2;"):
                    yield "title", self._string[2:]
                continue
            found = _TOKEN.match(text, at)
            assert found is not None  # every character starts some token
            at = found.end()
            match found.lastgroup:
                case "text" | "control" | "csi" | "escape" as kind:
                    yield kind, found[kind]
                case "short_escape":
                    yield "escape", _long_form(found[0])
                case "string":
                    self._string_kind, self._string = found["string"], ""
                case "short_string":
                    self._string_kind, self._string = _long_form(found[0]), ""
                case "half" if len(found[0]) <= _MOST_HELD:
                    self._held = found[0]
                case _:
                    continue

    def _read_string(self, text: str, at: int) -> int:
        """Returns the position after it."""
        is_title = self._string_kind == "]"
        ends = (_ENDS_TITLE if is_title else _ENDS_STRING).search(text, at)
        end = ends.start() if ends else len(text)
        if is_title:
            self._string += text[at : min(end, at + _MOST_OF_STRING - len(self._string))]
        if ends is None:
            return end
        self._string_kind = ""
        # An escape starts the next token, even if it only terminates this string.
        return end if ends[0] == "\x1b" else ends.end()


def _long_form(control: str) -> str:
    """The 7-bit form of an 8-bit control: its character after the escape."""
    return chr(ord(control) - 0x40)
