"""Masks secrets before anything is stored or shown."""

from collections.abc import Sequence

from domain.known_keys import MASK, without_known_keys
from domain.secret_patterns import LEAST_CHARS, SecretPatterns, Span


class Redactor:
    """Masks texts that are known to be secret, and what looks like a key of a known service."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        """Those of fewer than 6 characters are passed over."""
        long = [needle for needle in patterns if len(needle) >= LEAST_CHARS]
        self._patterns = SecretPatterns(long) if long else None

    @property
    def has_needles(self) -> bool:
        return self._patterns is not None

    def text(self, text: str) -> str:
        """Of a text that is whole."""
        if self._patterns is not None and (spans := self._patterns.spans(text)):
            text = _masked(text, spans)
        return without_known_keys(text)

    def stream(self) -> "StreamRedactor":
        return StreamRedactor(self._patterns)


class StreamRedactor:
    """However a text is cut into pieces, what comes out is the same, without a needle in it.

    It holds back no more than the end that may become a needle, or an escape sequence. Keys are
    not recognised here: only a whole text shows where they end.
    """

    def __init__(self, patterns: SecretPatterns | None) -> None:
        self._patterns = patterns
        self._held = ""
        self._hidden = 0
        """How much of what is held is part of a needle whose mask was given out."""

    def feed(self, text: str) -> str:
        if self._patterns is None:
            return text
        return self._released(self._patterns, self._held + text, is_end=False)

    def end(self) -> str:
        """What was held back; it can be fed again after that, with another text."""
        if self._patterns is None or not self._held:
            return ""
        return self._released(self._patterns, self._held, is_end=True)

    def _released(self, patterns: SecretPatterns, text: str, *, is_end: bool) -> str:
        spans = patterns.spans(text)
        end = len(text) if is_end else patterns.unfinished(text)
        if self._hidden == 0 and not spans:
            self._held = text[end:]
            return text[:end]
        pieces: list[str] = []
        start = 0
        for first, stop in _merged(spans, hidden=self._hidden):
            is_given_out = self._hidden > 0 and first == 0
            if first >= end and not is_given_out:
                break
            if not is_given_out:
                pieces += (text[start:first], MASK)
            start = stop
        pieces.append(text[start:end])
        self._held, self._hidden = text[end:], max(0, start - end)
        return "".join(pieces)


def _masked(text: str, spans: Sequence[Span]) -> str:
    pieces: list[str] = []
    start = 0
    for first, stop in _merged(spans):
        pieces += (text[start:first], MASK)
        start = stop
    return "".join((*pieces, text[start:]))


def _merged(spans: Sequence[Span], *, hidden: int = 0) -> Sequence[Span]:
    """Those that overlap are one; `hidden` is the end of one that begins the text."""
    merged = [(0, hidden)] if hidden else []
    for start, stop in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged
