"""How long a rule may take, measured in processor time so that a busy machine is not held against it."""

import time

LINE_S = 0.05
"""What one rule may take for one line."""
_UNNOTICED_S = 0.005
_OVERDRAFT_S = 0.5


class Patience:
    """Runs out when one line takes too long, or when many lines each take almost too long."""

    def __init__(self, line_s: float | None) -> None:
        """None: it never runs out."""
        self.line_s = line_s
        self._began = 0.0
        self._left_s = _OVERDRAFT_S

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
        self._left_s -= max(0.0, taken_s - _UNNOTICED_S)
        if taken_s > self.line_s or self._left_s < 0:
            raise TimeoutError

    def _taken_s(self) -> float:
        return time.thread_time() - self._began
