"""Masks secrets before anything is stored or shown."""

import re
from collections.abc import Sequence

from domain.secret_patterns import LEAST_CHARS, SecretPatterns, Span

MASK = "[redacted]"

# Each begins with a letter, so that the engine passes quickly over others. None repeats a
# repetition.
_KEYS = (
    r"gh[pousr]_[A-Za-z0-9]{36,255}",
    r"github_pat_[A-Za-z0-9_]{22,255}",
    r"glpat-[A-Za-z0-9_-]{20,64}",
    r"sk-(?:ant|proj|svcacct|admin|or)-[A-Za-z0-9_-]{16,512}",
    r"sk-[A-Za-z0-9]{20,128}",
    r"sk_live_[A-Za-z0-9]{16,128}",
    r"rk_live_[A-Za-z0-9]{16,128}",
    r"A(?:KI|SI)A[A-Z0-9]{16}(?![A-Za-z0-9])",
    r"AIza[A-Za-z0-9_-]{35}",
    r"hf_[A-Za-z0-9]{30,64}",
    r"gsk_[A-Za-z0-9]{40,64}",
    r"xai-[A-Za-z0-9]{60,128}",
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-AgEI[A-Za-z0-9_-]{50,512}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
    r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    r"dop_v1_[a-f0-9]{64}",
    r"ya29\.[A-Za-z0-9_-]{20,512}",
    # Only at the beginning of a word, or a long one without dots would be looked through again
    # and again.
    r"e(?<![A-Za-z0-9_-]e)yJ[A-Za-z0-9_-]{8,4096}+\.eyJ[A-Za-z0-9_-]{8,8192}+\.[A-Za-z0-9_-]{16,2048}",
)
_ANY_KEY = re.compile("|".join(_KEYS))
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----"
    r"(?:(?:[^-]|-(?!----)){0,16384}+-----END (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----"
    r"|[A-Za-z0-9+/=\s\\]{0,16384})"  # cut off before its end
)
# What to look for first, and only where the one character is that they have in common: a plain
# search passes over a line six times as fast as an expression with these alternatives.
_WITH_HYPHEN = ("sk-", "xox", "xai-", "glpat-", "pypi-")
_WITH_UNDERSCORE = (
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "_pat_"),
    *("_live_", "hf_", "gsk_", "npm_", "dop_v1_"),
)
_WITH_NEITHER = ("AKIA", "ASIA", "AIza", "eyJ", "ya29.", "SG.")


class Redactor:
    """Masks given secrets, and what looks like a key of a well-known service."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        """Secrets of fewer than 6 characters are ignored."""
        long = [secret for secret in secrets if len(secret) >= LEAST_CHARS]
        self._patterns = SecretPatterns(long) if long else None

    @property
    def has_secrets(self) -> bool:
        return self._patterns is not None

    def text(self, text: str) -> str:
        """The whole text with masks; `stream` is for one that comes in pieces."""
        if self._patterns is not None and (spans := self._patterns.spans(text)):
            text = _masked(text, spans)
        return without_service_keys(text)

    def stream(self) -> "StreamRedactor":
        return StreamRedactor(self._patterns)


class StreamRedactor:
    """However a text is cut into pieces, what comes out is the same, without a secret in it.

    It holds back no more than the end that may become a secret, or an escape sequence. Keys are
    not recognised here: only a whole text shows where they end.
    """

    def __init__(self, patterns: SecretPatterns | None) -> None:
        self._patterns = patterns
        self._held = ""
        self._hidden = 0
        """How much of what is held is part of a secret whose mask was returned already."""

    def feed(self, text: str) -> str:
        if self._patterns is None:
            return text
        return self._released(self._patterns, self._held + text, is_end=False)

    def end(self) -> str:
        """Returns what was held back. Another text can be fed after that."""
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


def without_service_keys(text: str) -> str:
    """Masks what looks like a key of a well-known service."""
    if _may_hold_key(text):
        text = _ANY_KEY.sub(_mask_of, text)
    if "PRIVATE KEY-----" in text:
        text = _PRIVATE_KEY.sub(MASK, text)
    return text


def _mask_of(found: re.Match[str]) -> str:
    """No key in the middle of a word: `task-` and a long number looks like one."""
    is_within_word = found.string[found.start() - 1 : found.start()].isalnum()
    return found[0] if is_within_word else MASK


def _may_hold_key(text: str) -> bool:
    for hint in _WITH_NEITHER:
        if hint in text:
            return True
    if "-" in text:
        for hint in _WITH_HYPHEN:
            if hint in text:
                return True
    if "_" in text:
        for hint in _WITH_UNDERSCORE:
            if hint in text:
                return True
    return False


def _masked(text: str, spans: Sequence[Span]) -> str:
    pieces: list[str] = []
    start = 0
    for first, stop in _merged(spans):
        pieces += (text[start:first], MASK)
        start = stop
    return "".join((*pieces, text[start:]))


def _merged(spans: Sequence[Span], *, hidden: int = 0) -> Sequence[Span]:
    """Overlapping spans as one; `hidden` is the end of a span that begins the text, or 0."""
    merged = [(0, hidden)] if hidden else []
    for start, stop in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged
