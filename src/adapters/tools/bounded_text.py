"""Bounds the size of tool results for models."""

from ports.tool import ToolResult

MAX_CHARS = 32 * 1024


def bounded(text: str, *, is_error: bool = False, is_cut: bool = False) -> ToolResult:
    """The beginning of the text; `is_cut` if it was cut before."""
    is_long = len(text) > MAX_CHARS
    return ToolResult(
        content=text[:MAX_CHARS],
        is_error=is_error,
        truncated=is_cut or is_long,
        whole=text if is_long else None,
    )


class HeadAndTail:
    """The beginning and end of a streamed text of any length."""

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
