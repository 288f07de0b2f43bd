"""Finds given secrets in text, also with terminal escapes between their characters."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

LEAST_CHARS = 6
"""Shorter secrets occur in too much harmless text."""

Span = tuple[int, int]

_FEW = 48  # searches, one after another, that take no longer than one for all
_HEAD = 5  # characters, of which one of two words is part
_WORD = 4  # bytes, as many as a C compiler gives to an unsigned int
_PADDING = bytes(2 * _WORD)

# Bounded, so that what has come of one can be held back; titles and links are not passed over.
_ESCAPE = r"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|[()][0-9A-Z]|[=>78])"
_BEGUN_ESCAPE = r"\x1b(?:\[[0-?]{0,32}[ -/]{0,4}|[()])?"
_IN_A_LINE = re.compile(rf"{_ESCAPE}|(?P<unfinished>{_BEGUN_ESCAPE})\Z")
_IN_LINES = re.compile(rf"{_ESCAPE}|\r(?=\n)|(?P<unfinished>{_BEGUN_ESCAPE}|\r)\Z")


class SecretPatterns:
    """Needs at least one secret, and none shorter than LEAST_CHARS."""

    def __init__(self, texts: Collection[str]) -> None:
        plain = {_plain(text) for text in texts}
        self._has_lines = any("\n" in text for text in plain)
        self._texts = sorted(plain)
        self._longest = max(map(len, plain))
        self._beginnings = {text[:size] for text in plain for size in range(1, _HEAD)}
        self._by_word: dict[int, list[str]] = {}
        if len(plain) > _FEW:
            for text in self._texts:
                for word in _first_words(text):
                    self._by_word.setdefault(word, []).append(text)
        self._words = frozenset(self._by_word)

    def spans(self, text: str) -> Sequence[Span]:
        """Where secrets stand in the text, in order; they may overlap."""
        if self._is_plain(text):
            return sorted(self._spans(text))
        pieces, _ = self._pieces(text)
        spans = sorted(self._spans("".join(piece for _, piece in pieces)))
        if not spans:
            return spans
        places = [at for start, piece in pieces for at in range(start, start + len(piece))]
        return [(places[start], places[stop - 1] + 1) for start, stop in spans]

    def unfinished(self, text: str) -> int:
        """The place from which on more text may complete a secret or an escape sequence."""
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
        for secret in self._candidates(text):
            if secret in text:
                at = text.find(secret)
                while at >= 0:
                    yield at, at + len(secret)
                    at = text.find(secret, at + 1)

    def _unfinished(self, text: str) -> int:
        sizes = range(min(_HEAD - 1, len(text)), 0, -1)
        begun = (size for size in sizes if text[-size:] in self._beginnings)
        first = len(text) - next(begun, 0)
        for secret in self._candidates(text[max(0, len(text) - self._longest + 1) :]):
            head = secret[:_HEAD]
            at = text.find(head, max(0, len(text) - len(secret) + 1))
            while 0 <= at < first:
                if secret.startswith(text[at:]):
                    first = at
                at = text.find(head, at + 1)
        return first

    def _candidates(self, text: str) -> Iterable[str]:
        """The secrets that may be in the text with at least their first characters."""
        if not self._words:
            return self._texts
        # A search for each secret would take long: so the first words of all of them are looked for
        # in one pass, at every second byte.
        data = memoryview(text.encode("utf-8", "surrogatepass") + _PADDING)
        size = len(data) // _WORD * _WORD - _WORD
        hits = self._words.intersection(data[:size].cast("I"))
        hits |= self._words.intersection(data[2 : size + 2].cast("I"))
        return {text for word in hits for text in self._by_word[word]} if hits else ()


def _first_words(text: str) -> Iterator[int]:
    """One of the two begins at an even byte, wherever the text stands."""
    data = memoryview(text.encode("utf-8", "surrogatepass"))
    for start in range(2):
        yield data[start : start + _WORD].cast("I")[0]


def _plain(text: str) -> str:
    plain = _IN_LINES.sub("", text)
    return plain if len(plain) >= LEAST_CHARS else text


def _place(pieces: Sequence[tuple[int, str]], at: int) -> int:
    for start, piece in pieces:
        if at < len(piece):
            return start + at
        at -= len(piece)
    raise IndexError(at)
