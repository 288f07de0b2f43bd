"""Loads a server from a process of its own: a Load as its argument, a Report on its output."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict

from benchmarks.load import Load, LoadKind, Report
from benchmarks.session_loads import first_event, many_sessions
from benchmarks.store_loads import log, store
from benchmarks.watcher_loads import fan_out, idle, replay, stall

_LOADS: Mapping[LoadKind, Callable[[Load], Report]] = {
    "fan_out": fan_out,
    "stall": stall,
    "many_sessions": many_sessions,
    "idle": idle,
    "replay": replay,
    "first_event": first_event,
    "store": store,
    "log": log,
}

if __name__ == "__main__":
    _load = Load(**json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(asdict(_LOADS[_load.kind](_load))))
