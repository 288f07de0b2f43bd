"""The CPU time that a rule may take; wall time would depend on the load of the machine."""

import time

LINE_S = 0.05
"""Of one rule for one line."""
_FREE_S = 0.005
_TOTAL_S = 0.5


class TimeLimit:
    """Exceeded by one line that takes `line_s`, or by many slow lines together."""

    def __init__(self, line_s: float | None) -> None:
        """None: no limit."""
        self.line_s = line_s
        self._began = 0.0
        self._left_s = _TOTAL_S

    def begin(self) -> None:
        self._began = time.thread_time()

    def check(self) -> None:
        """Raises TimeoutError."""
        if self.line_s is not None and self._taken_s() > self.line_s:
            raise TimeoutError

    def end(self) -> None:
        """Raises TimeoutError."""
        if self.line_s is None:
            return
        taken_s = self._taken_s()
        self._left_s -= max(0.0, taken_s - _FREE_S)
        if taken_s > self.line_s or self._left_s < 0:
            raise TimeoutError

    def _taken_s(self) -> float:
        return time.thread_time() - self._began
