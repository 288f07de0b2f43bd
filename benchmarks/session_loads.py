"""Loads of many sessions: at once with a watcher each, or one after another."""

import time

from benchmarks.load import Load, Report
from benchmarks.meter import Meter
from benchmarks.watchers import Seen, Watchers
from benchmarks.work import connected, post

_IN_TURN = 50  # sessions, so that each is idle again when its turn comes


def many_sessions(load: Load) -> Report:
    """A task in each, side by side; with `seconds`, that long a part after all were submitted.

    Each session has a watcher of its own, or all watchers read one stream of all the sessions.
    """
    sessions = [f"{load.session}{number}" for number in range(load.sessions)]
    expected = load.count * load.sessions
    paths = _paths(load, sessions) if "{session}" in load.watch else [load.watch] * load.watchers
    with Watchers(port=load.port, paths=paths, run_events=load.count) as watchers:
        meter = Meter(load.server_pid)
        http = connected(load)
        for number, session in enumerate(sessions):
            post(http, load, session=session, first=number * load.count)
        if not load.seconds:
            watchers.read(expected)
            return meter.report(watchers.seen, expected=expected, times_ms=watchers.seen.delays_ms)
        watchers.read_to(0)
        seen = watchers.seen = Seen()
        meter = Meter(load.server_pid)
        watchers.read_for(load.seconds)
        expected = seen.deliveries + seen.lost
        return meter.report(seen, expected=expected, times_ms=seen.delays_ms)


def first_event(load: Load) -> Report:
    """Submissions of one event, one after another, each timed until its event is read."""
    sessions = [f"{load.session}{number}" for number in range(_IN_TURN)]
    http = connected(load)
    times_ms: list[float] = []
    with Watchers(port=load.port, paths=_paths(load, sessions)) as watchers:
        meter = Meter(load.server_pid)
        for number in range(load.sessions):
            if number % _IN_TURN == 0:
                watchers.expect_from_start()
            sent = time.monotonic()
            post(http, load, session=sessions[number % _IN_TURN])
            watchers.read(number + 1)
            times_ms.append((watchers.seen.last_at - sent) * 1e3)
        return meter.report(watchers.seen, expected=load.sessions, times_ms=times_ms)


def _paths(load: Load, sessions: list[str]) -> list[str]:
    return [load.watch.format(session=session) for session in sessions]
