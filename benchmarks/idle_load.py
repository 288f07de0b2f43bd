"""Idle watchers: the cost of accepting them and of keeping them."""

import time

from benchmarks.load import Load, Report
from benchmarks.meter import Meter
from benchmarks.probe import Probe
from benchmarks.watchers import Seen, Watchers

_SETTLED_S = 1.0


def idle(load: Load) -> Report:
    """The processor time is that of accepting; the probe is timed when all are there."""
    path = load.watch.format(session=load.session)
    meter = Meter(load.server_pid)
    with Watchers(port=load.port, paths=[path] * load.watchers) as watchers:
        seen = Seen(deliveries=load.watchers, last_at=time.monotonic())
        accepted = meter.report(seen, expected=load.watchers, times_ms=[])
        watchers.read_for(_SETTLED_S)
        grown_kb = meter.grown_kb
        probe_p99_ms = 0.0
        if load.probes:
            probe_p99_ms = Probe(port=load.port, path=load.probes, seconds=load.seconds).p99_ms()
    return Report(
        deliveries=accepted.deliveries,
        wall_s=accepted.wall_s,
        server_us=accepted.server_us,
        client_us=accepted.client_us,
        grown_kb=grown_kb,
        probe_p99_ms=probe_p99_ms,
    )
