"""CPU time of server and client, memory of the server, and wall time, since a starting point."""

import time
from collections.abc import Sequence

from benchmarks.cpu_clock import cpu_ns, resident_kb
from benchmarks.load import Report
from benchmarks.watchers import Seen


class Meter:
    def __init__(self, server_pid: int) -> None:
        self._server_pid = server_pid
        self._resident_kb = resident_kb(server_pid)
        self._server_ns = cpu_ns(server_pid)
        self._client_ns = time.process_time_ns()
        self._began = time.monotonic()

    @property
    def grown_kb(self) -> float:
        return resident_kb(self._server_pid) - self._resident_kb

    def report(
        self,
        seen: Seen,
        *,
        expected: int,
        times_ms: Sequence[float],
        before_ms: float = 0.0,
        grown_kb: float = 0.0,
        probe_p99_ms: float = 0.0,
    ) -> Report:
        server_ns = cpu_ns(self._server_pid) - self._server_ns
        client_ns = time.process_time_ns() - self._client_ns
        delivered = max(seen.deliveries, 1)
        return Report(
            deliveries=seen.deliveries,
            lost=expected - seen.deliveries,
            doubled=seen.doubled,
            wall_s=seen.last_at - self._began,
            median_ms=percentile(times_ms, 50),
            p99_ms=percentile(times_ms, 99),
            server_us=server_ns / delivered / 1e3,
            client_us=client_ns / delivered / 1e3,
            before_ms=before_ms,
            grown_kb=grown_kb,
            probe_p99_ms=probe_p99_ms,
            size_each=seen.size / delivered,
        )


def percentile(times: Sequence[float], percent: int) -> float:
    """0 where nothing was timed."""
    ordered = sorted(times) or [0.0]
    return ordered[len(ordered) * percent // 100]
