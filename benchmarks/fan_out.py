"""Loads in which the events of one session go to all its watchers."""

from contextlib import ExitStack

from benchmarks.load import Load, Report
from benchmarks.meter import Meter, percentile
from benchmarks.probe import Probe
from benchmarks.watchers import Watchers
from benchmarks.work import under_way

STALLING = 5
_BEFORE_S = 2.0


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


def _paths(load: Load) -> list[str]:
    return [load.watch.format(session=load.session)] * load.watchers


def _probe(load: Load) -> Probe | None:
    if not load.probes:
        return None
    return Probe(port=load.port, path=load.probes, seconds=load.seconds)
