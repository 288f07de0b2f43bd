"""Lets only one call at a time change a file, though calls are carried out side by side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary


class _Turn:
    """Kept for as long as somebody has it or waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_TURNS: WeakValueDictionary[Path, _Turn] = WeakValueDictionary()
_NEXT = threading.Lock()


@contextmanager
def turn_at(path: Path) -> Iterator[None]:
    with _NEXT:
        turn = _TURNS.setdefault(path, _Turn())
    with turn.lock:
        yield
