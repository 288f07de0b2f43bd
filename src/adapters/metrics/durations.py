"""Durations, kept as how many were how long."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

SHORT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Bounds for what a computer is waited for."""
LONG_S = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
"""Bounds for what other work is waited for."""


class Durations:
    def __init__(self, bounds_s: Sequence[float]) -> None:
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds_s, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, and how many were at most as long."""
        bounds = (*map(str, self._bounds_s), "+Inf")
        return list(zip(bounds, accumulate(self._counts), strict=True))
