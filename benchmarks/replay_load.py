"""Clients that connect after the task has ended, and read its events as fast as they are sent."""

from contextlib import ExitStack

from benchmarks.load import Load, Report
from benchmarks.meter import Meter
from benchmarks.watchers import Watchers
from benchmarks.work import connected, post, under_way


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
