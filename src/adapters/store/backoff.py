"""How long to keep trying, and how long to wait between two tries."""

import time
from collections.abc import Iterator

_FIRST_S = 0.02
_LONGEST_S = 1.0


def pauses(patience_s: float) -> Iterator[float]:
    """Growing pauses, until their time is used up; the last one ends exactly there."""
    deadline = time.monotonic() + patience_s
    pause = _FIRST_S
    while (left := deadline - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, _LONGEST_S)
