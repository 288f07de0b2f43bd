"""Wakeups within one process."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ports.wakeups import Hint


class MemoryWakeups:
    """For one event loop; listeners are called in its next turn."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Hint], None]] = []

    def notify(self, hint: Hint) -> None:
        if self._listeners:
            asyncio.get_running_loop().call_soon(self._call, hint)

    @contextmanager
    def listen(
        self, callback: Callable[[Hint], None], *, others_only: bool = False
    ) -> Iterator[None]:
        if others_only:  # there are none in memory
            yield
            return
        self._listeners.append(callback)
        try:
            yield
        finally:
            self._listeners.remove(callback)

    def _call(self, hint: Hint) -> None:
        for callback in tuple(self._listeners):
            callback(hint)
