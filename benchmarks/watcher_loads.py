"""Loads of the watchers of one session: live, stalled, idle, or reading the events after its end."""

import time
from contextlib import ExitStack

from benchmarks.load import Load, Report
from benchmarks.meter import Meter, percentile
from benchmarks.probe import Probe
from benchmarks.watchers import Seen, Watchers
from benchmarks.work import connected, post, under_way

STALLING = 5
_BEFORE_S = 2.0
_SETTLED_S = 1.0


def fan_out(load: Load) -> Report:
    """One submission, and every watcher sees all of it."""
    expected = load.count * load.watchers
    with Watchers(port=load.port, paths=_paths(load)) as watchers:
        meter = Meter(load.server_pid)
        with under_way(load):
            probe = _probe(load)
            watchers.read(expected)
        return meter.report(
            watchers.seen,
            expected=expected,
            times_ms=watchers.seen.delays_ms,
            probe_p99_ms=probe.p99_ms() if probe else 0.0,
        )


def stall(load: Load) -> Report:
    """As above, but some do not read for a while; timed are the others."""
    expected = load.count * load.watchers
    with ExitStack() as stack:
        watchers = stack.enter_context(
            Watchers(port=load.port, paths=_paths(load), stalling=STALLING)
        )
        meter = Meter(load.server_pid)
        stack.enter_context(under_way(load))
        watchers.read_for(_BEFORE_S)
        before_ms = percentile(watchers.seen.delays_ms, 50)
        already = len(watchers.seen.delays_ns)
        watchers.stall()
        watchers.read_for(load.seconds)
        times_ms = watchers.seen.delays_ms[already:]
        grown_kb = meter.grown_kb
        watchers.go_on()
        watchers.read(expected)
        return meter.report(
            watchers.seen,
            expected=expected,
            times_ms=times_ms,
            before_ms=before_ms,
            grown_kb=grown_kb,
        )


def idle(load: Load) -> Report:
    """The processor time is that of accepting; the probe is timed when all are there."""
    path = load.watch.format(session=load.session)
    meter = Meter(load.server_pid)
    with Watchers(port=load.port, paths=[path] * load.watchers) as watchers:
        seen = Seen(deliveries=load.watchers, last_at=time.monotonic())
        accepted = meter.report(seen, expected=load.watchers, times_ms=[])
        watchers.read_for(_SETTLED_S)
        grown_kb = meter.grown_kb
        probe = _probe(load)
        probe_p99_ms = probe.p99_ms() if probe else 0.0
    return Report(
        deliveries=accepted.deliveries,
        wall_s=accepted.wall_s,
        server_us=accepted.server_us,
        client_us=accepted.client_us,
        grown_kb=grown_kb,
        probe_p99_ms=probe_p99_ms,
    )


def replay(load: Load) -> Report:
    """Connecting is part of it. An early watcher keeps the newest events in memory."""
    expected = load.count * load.watchers
    path = load.watch.format(session=load.session)
    with ExitStack() as stack:
        if load.has_early_watcher:
            early = stack.enter_context(Watchers(port=load.port, paths=[path]))
            stack.enter_context(under_way(load))
            early.read_to(load.count - 1)
        else:
            post(connected(load), load, session=load.session, is_awaited=True)
        meter = Meter(load.server_pid)
        paths = [path + load.replay] * load.watchers
        clients = stack.enter_context(Watchers(port=load.port, paths=paths))
        clients.read(expected)
        return meter.report(clients.seen, expected=expected, times_ms=[])


def _paths(load: Load) -> list[str]:
    return [load.watch.format(session=load.session)] * load.watchers


def _probe(load: Load) -> Probe | None:
    if not load.probes:
        return None
    return Probe(port=load.port, path=load.probes, seconds=load.seconds)
