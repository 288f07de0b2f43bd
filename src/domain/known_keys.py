"""Recognises keys of well-known services by how they look."""

import re

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


def without_known_keys(text: str) -> str:
    if _may_hold_key(text):
        text = _ANY_KEY.sub(_masked, text)
    if "PRIVATE KEY-----" in text:
        text = _PRIVATE_KEY.sub(MASK, text)
    return text


def _masked(found: re.Match[str]) -> str:
    """In the middle of a word it is none: `task-` and a long number."""
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
