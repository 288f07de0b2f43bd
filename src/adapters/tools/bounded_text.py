"""Keeps what a tool answers small enough for a model to read."""

from ports.tool import ToolResult

MAX_CHARS = 32 * 1024


def bounded(text: str, *, is_error: bool = False, is_cut: bool = False) -> ToolResult:
    """The text's beginning; `is_cut` when something was left out before."""
    is_long = len(text) > MAX_CHARS
    return ToolResult(
        content=text[:MAX_CHARS],
        is_error=is_error,
        truncated=is_cut or is_long,
        whole=text if is_long else None,
    )


class BothEnds:
    """The beginning and the end of a text of any length, as it comes."""

    def __init__(self, *, max_chars: int = MAX_CHARS) -> None:
        self._half = max_chars // 2
        self._head = ""
        self._tail = ""
        self._count = 0

    @property
    def is_cut(self) -> bool:
        return self._count > 2 * self._half

    def add(self, text: str) -> None:
        self._count += len(text)
        room = self._half - len(self._head)
        self._head += text[:room]
        self._tail = (self._tail + text[room:])[-self._half :]

    def text(self) -> str:
        if not self.is_cut:
            return self._head + self._tail
        left_out = self._count - 2 * self._half
        return f"{self._head}\n[… {left_out} characters left out …]\n{self._tail}"
