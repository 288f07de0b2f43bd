"""How a watcher is told that there may be something new."""

from collections.abc import Callable


class Wake:
    """Called from anywhere; remembers it until the next `clear`, and tells one listener."""

    __slots__ = ("_is_woken", "_listener")

    def __init__(self) -> None:
        self._is_woken = False
        self._listener: Callable[[], None] | None = None

    def __call__(self) -> None:
        self._is_woken = True
        if self._listener:
            self._listener()

    @property
    def is_woken(self) -> bool:
        return self._is_woken

    def forget(self) -> None:
        """Tell nobody any more."""
        self._listener = None

    def clear(self) -> None:
        self._is_woken = False

    def tell(self, listener: Callable[[], None]) -> None:
        """From now on; at once if it was woken already."""
        self._listener = listener
        if self._is_woken:
            listener()
