"""Makes text out of what may hold halves of characters, which nothing can store or send."""

import re

_HALVES = re.compile("[\ud800-\udfff]")


def whole_text(text: str) -> str:
    """The text with each lone surrogate replaced."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)
