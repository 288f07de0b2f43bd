"""Terminal output that nobody has looked at yet, so that a screen costs nothing meanwhile."""

import re

from domain.terminal_text import unfinished_escape

MOST_CHARS = 256 * 1024
_LINES = re.compile(r"(?:[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]++|\x1b\[[0-9;:]*+m)*+")


class UnseenOutput:
    """Of mere lines, coloured or not, it keeps as many as may still be on the screen.

    Everything else it keeps whole: above its bound it `is_full` and someone has to look.
    """

    def __init__(self, *, rows: int) -> None:
        self.rows = rows
        self._pieces: list[str] = []
        self._chars = 0

    def __len__(self) -> int:
        return self._chars

    @property
    def is_full(self) -> bool:
        return self._chars > MOST_CHARS

    def add(self, text: str) -> None:
        self._pieces.append(text)
        self._chars += len(text)
        if self.is_full:
            self.forget_scrolled()

    def take(self, most: int) -> str:
        """The oldest of it; empty when there is no more but half an escape sequence."""
        text = self._joined()
        taken = text[:most].removesuffix(unfinished_escape(text[:most]))
        self._keep(text[len(taken) :])
        return taken

    def clear(self) -> None:
        self._keep("")

    def forget_scrolled(self) -> None:
        """Forget lines that later ones have pushed off the screen, if there is nothing but lines."""
        text = self._joined()
        if not _LINES.fullmatch(text, 0, len(text) - len(unfinished_escape(text))):
            return
        start = len(text)
        # Twice the screen, as the first of them may meet the cursor anywhere on it.
        for _ in range(2 * self.rows + 1):
            start = text.rfind("\n", 0, start)
            if start < 0:
                return
        if len(text) - start <= MOST_CHARS // 2:
            self._keep(text[start + 1 :])

    def _joined(self) -> str:
        return "".join(self._pieces)

    def _keep(self, text: str) -> None:
        self._pieces = [text] if text else []
        self._chars = len(text)
