"""Finds texts that are known beforehand, also where escapes of a terminal stand between."""

import re
from collections.abc import Collection, Iterator, Sequence

LEAST_CHARS = 6
"""What is shorter is found in too much that is harmless."""

Span = tuple[int, int]

# Bounded, so that what has come of one can be held back; titles and links are not passed over.
_BETWEEN = re.compile(
    r"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|[()][0-9A-Z]|[=>78])"
    r"|\r(?=\n)"
    r"|(?P<unfinished>\x1b(?:\[[0-?]{0,32}[ -/]{0,4}|[()])?|\r)\Z"
)


class Needles:
    """At least one of them must be long enough."""

    def __init__(self, texts: Collection[str]) -> None:
        plain = {_BETWEEN.sub("", text) for text in texts}
        ordered = sorted((text for text in plain if len(text) >= LEAST_CHARS), key=_longest_first)
        self._any = re.compile("|".join(map(re.escape, ordered)))
        self._by_first: dict[str, list[str]] = {}
        for text in ordered:
            self._by_first.setdefault(text[0], []).append(text)
        self._first = re.compile(f"[{''.join(map(re.escape, self._by_first))}]")
        self._longest = len(ordered[0])

    def find(self, text: str) -> tuple[Sequence[Span], int]:
        """Where they stand, and from where on more text may complete one."""
        if "\x1b" not in text and "\r" not in text:
            return list(self._spans(text)), self._unfinished(text)
        pieces, end = _pieces(text)
        plain = "".join(piece for _, piece in pieces)
        spans = [
            (_place(pieces, start), _place(pieces, stop - 1) + 1)
            for start, stop in self._spans(plain)
        ]
        begun = self._unfinished(plain)
        return spans, end if begun == len(plain) else _place(pieces, begun)

    def _spans(self, text: str) -> Iterator[Span]:
        """In their order; they may overlap."""
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


def _longest_first(text: str) -> tuple[int, str]:
    return -len(text), text


def _pieces(text: str) -> tuple[Sequence[tuple[int, str]], int]:
    """What is left of the text, with its places, and where an unfinished escape begins."""
    pieces, start, end = [], 0, len(text)
    for between in _BETWEEN.finditer(text):
        pieces.append((start, text[start : between.start()]))
        start = between.end()
        if between["unfinished"] is not None:
            end = between.start()
    pieces.append((start, text[start:]))
    return [piece for piece in pieces if piece[1]], end


def _place(pieces: Sequence[tuple[int, str]], at: int) -> int:
    for start, piece in pieces:
        if at < len(piece):
            return start + at
        at -= len(piece)
    raise IndexError(at)
