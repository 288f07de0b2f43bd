"""Durations, kept as how many were how long."""

from bisect import bisect_left
from itertools import accumulate

_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Durations:
    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(_BOUNDS_S, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, and how many were at most as long."""
        bounds = (*map(str, _BOUNDS_S), "+Inf")
        return list(zip(bounds, accumulate(self._counts), strict=True))
