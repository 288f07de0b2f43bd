"""Loads a server from a process of its own: a Load as its argument, a Report on its output."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from http.client import HTTPConnection

from benchmarks.cpu_clock import cpu_ns
from benchmarks.load import Load, Report
from benchmarks.watchers import Seen, Watchers

_SESSIONS = 50  # taken in turn, so that each is idle again when its turn comes
_PATIENCE_S = 60


class Meter:
    """Processor time of both sides, and time, since it was made."""

    def __init__(self, server_pid: int) -> None:
        self._server_pid = server_pid
        self._server_ns = cpu_ns(server_pid)
        self._client_ns = time.process_time_ns()
        self._began = time.monotonic()

    def report(self, seen: Seen, *, expected: int, times_ms: Sequence[float]) -> Report:
        server_ns = cpu_ns(self._server_pid) - self._server_ns
        client_ns = time.process_time_ns() - self._client_ns
        delivered = max(seen.deliveries, 1)
        ordered = sorted(times_ms) or [0.0]
        return Report(
            deliveries=seen.deliveries,
            lost=expected - seen.deliveries,
            doubled=seen.doubled,
            wall_s=seen.last_at - self._began,
            median_ms=ordered[len(ordered) // 2],
            p99_ms=ordered[len(ordered) * 99 // 100],
            server_us=server_ns / delivered / 1e3,
            client_us=client_ns / delivered / 1e3,
        )


def carried(load: Load) -> Report:
    match load.kind:
        case "fan_out":
            return _fan_out(load)
        case "first_event":
            return _first_events(load)
        case "store":
            return _stored(load)


def _fan_out(load: Load) -> Report:
    """One submission, and every watcher sees all of it."""
    expected = load.count * load.watchers
    path = load.watch.format(session="s")
    with Watchers(port=load.port, paths=[path] * load.watchers) as watchers:
        meter = Meter(load.server_pid)
        _post(HTTPConnection("127.0.0.1", load.port, timeout=_PATIENCE_S), load, session="s")
        watchers.read(expected)
        seen = watchers.seen
        times_ms = [delay / 1e6 for delay in seen.delays_ns]
        return meter.report(seen, expected=expected, times_ms=times_ms)


def _first_events(load: Load) -> Report:
    """Submissions of one event, one after another, each timed until its event is read."""
    sessions = [f"s{number}" for number in range(_SESSIONS)]
    paths = [load.watch.format(session=session) for session in sessions]
    http = HTTPConnection("127.0.0.1", load.port, timeout=_PATIENCE_S)
    times_ms: list[float] = []
    with Watchers(port=load.port, paths=paths) as watchers:
        meter = Meter(load.server_pid)
        for number in range(load.submissions):
            if number % _SESSIONS == 0:
                watchers.expect_from_start()
            sent = time.monotonic()
            _post(http, load, session=sessions[number % _SESSIONS])
            watchers.read(number + 1)
            times_ms.append((watchers.seen.last_at - sent) * 1e3)
        return meter.report(watchers.seen, expected=load.submissions, times_ms=times_ms)


def _stored(load: Load) -> Report:
    """One submission that nobody watches; it is answered when all its events are stored."""
    meter = Meter(load.server_pid)
    http = HTTPConnection("127.0.0.1", load.port, timeout=_PATIENCE_S)
    _post(http, load, session="s", prefer=f"wait={_PATIENCE_S}")
    seen = Seen(deliveries=load.count, last_at=time.monotonic())
    return meter.report(seen, expected=load.count, times_ms=[])


def _post(http: HTTPConnection, load: Load, *, session: str, prefer: str = "") -> None:
    # The body is JSON and full of braces, which `format` would read as its own.
    body = load.body.replace("{session}", session)
    http.request("POST", load.submit, body, {"Content-Type": "application/json", "Prefer": prefer})
    answer = http.getresponse()
    text = answer.read()
    if answer.status >= 400 or (prefer and answer.status != 200):
        raise ConnectionError(f"{answer.status}: {text.decode()}")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(carried(Load(**json.loads(sys.argv[1]))))))
