"""The signal by which a watcher learns that there may be something new."""

from collections.abc import Callable


class WakeSignal:
    """Called to wake its watcher; remembers that until `clear`, and notifies one listener."""

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

    def clear(self) -> None:
        self._is_woken = False

    def notify(self, listener: Callable[[], None]) -> None:
        """Call this at each wake from now on, in place of any other; at once if it is woken."""
        self._listener = listener
        if self._is_woken:
            listener()

    def forget(self) -> None:
        """Notify nobody any more."""
        self._listener = None
