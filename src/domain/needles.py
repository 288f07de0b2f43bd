"""Finds texts that are known beforehand, also where escapes of a terminal stand between."""

import re
from collections.abc import Collection, Iterator, Sequence

LEAST_CHARS = 6
"""What is shorter is found in too much that is harmless."""

Span = tuple[int, int]

# Bounded, so that what has come of one can be held back; titles and links are not passed over.
_ESCAPE = r"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|[()][0-9A-Z]|[=>78])"
_BEGUN_ESCAPE = r"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}|[()])?"
_IN_A_LINE = re.compile(rf"{_ESCAPE}|(?P<unfinished>{_BEGUN_ESCAPE})\Z")
_IN_LINES = re.compile(rf"{_ESCAPE}|\r(?=\n)|(?P<unfinished>{_BEGUN_ESCAPE}|\r)\Z")


class Needles:
    """At least one of them must be given, and all must be long enough."""

    def __init__(self, texts: Collection[str]) -> None:
        plain = {_plain(text) for text in texts}
        self._has_lines = any("\n" in text for text in plain)
        self._texts = ordered = sorted(plain, key=_longest_first)
        self._any = re.compile("|".join(map(re.escape, ordered)))
        self._by_first: dict[str, list[str]] = {}
        for text in ordered:
            self._by_first.setdefault(text[0], []).append(text)
        self._first = re.compile(f"[{''.join(map(re.escape, self._by_first))}]")
        self._longest = len(ordered[0])

    def spans(self, text: str) -> Sequence[Span]:
        """Where they stand, in order; they may overlap."""
        if self._is_plain(text):
            return list(self._spans(text))
        pieces, _ = self._pieces(text)
        spans = list(self._spans("".join(piece for _, piece in pieces)))
        if not spans:
            return spans
        places = [at for start, piece in pieces for at in range(start, start + len(piece))]
        return [(places[start], places[stop - 1] + 1) for start, stop in spans]

    def unfinished(self, text: str) -> int:
        """From where on more text may complete one of them, or an escape sequence."""
        if self._is_plain(text):
            return self._unfinished(text)
        pieces, end = self._pieces(text)
        plain = "".join(piece for _, piece in pieces)
        begun = self._unfinished(plain)
        return end if begun == len(plain) else _place(pieces, begun)

    def _is_plain(self, text: str) -> bool:
        return "\x1b" not in text and not (self._has_lines and "\r" in text)

    def _pieces(self, text: str) -> tuple[Sequence[tuple[int, str]], int]:
        """What is left of the text, with its places, and where an unfinished escape begins."""
        pieces, start, end = [], 0, len(text)
        for between in (_IN_LINES if self._has_lines else _IN_A_LINE).finditer(text):
            pieces.append((start, text[start : between.start()]))
            start = between.end()
            if between["unfinished"] is not None:
                end = between.start()
        pieces.append((start, text[start:]))
        return [piece for piece in pieces if piece[1]], end

    def _spans(self, text: str) -> Iterator[Span]:
        # Most texts hold none, and one search after another tells so five times as fast.
        for needle in self._texts:
            if needle in text:
                break
        else:
            return
        found = self._any.search(text)
        while found is not None:
            yield found.span()
            found = self._any.search(text, found.start() + 1)

    def _unfinished(self, text: str) -> int:
        for found in self._first.finditer(text, max(0, len(text) - self._longest + 1)):
            rest = text[found.start() :]
            for needle in self._by_first[rest[0]]:
                if len(rest) < len(needle) and needle.startswith(rest):
                    return found.start()
        return len(text)


def _plain(text: str) -> str:
    plain = _IN_LINES.sub("", text)
    return plain if len(plain) >= LEAST_CHARS else text


def _longest_first(text: str) -> tuple[int, str]:
    return -len(text), text


def _place(pieces: Sequence[tuple[int, str]], at: int) -> int:
    for start, piece in pieces:
        if at < len(piece):
            return start + at
        at -= len(piece)
    raise IndexError(at)
