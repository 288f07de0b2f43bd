"""`make bench`: the product, a hand-written server and nchan in turn, and a table of medians.

python -m benchmarks.run [--reps 3] [--only "one task"]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict

from benchmarks.load import Load, Report
from benchmarks.scenario import Scenario
from benchmarks.scenarios import SCENARIOS
from benchmarks.servers import ServerKind, running
from benchmarks.table import HEAD, rows

_CLIENT_S = 120


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--reps", type=int, default=3)
    arguments.add_argument("--only", default="", help="scenarios whose name holds this")
    chosen = arguments.parse_args()
    _raise_descriptor_limit()
    began = time.monotonic()
    _say(HEAD)
    for scenario in SCENARIOS:
        if chosen.only in scenario.name:
            _say(*rows(scenario, _measured(scenario, reps=chosen.reps)))
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    _say("", f"{time.monotonic() - began:.0f} s in all; load averages at the end: {load}")


def _measured(scenario: Scenario, *, reps: int) -> dict[str, list[Report]]:
    """In turn, so that what else the machine does falls on all alike."""
    kinds = [kind for kind in scenario.servers if kind.is_installed]
    reports: dict[str, list[Report]] = {kind.name: [] for kind in kinds}
    for _ in range(reps):
        for kind in kinds:
            reports[kind.name].append(_once(scenario, kind))
    return reports


def _once(scenario: Scenario, kind: ServerKind) -> Report:
    server_core, client_core = _cores()
    with running(kind, core=server_core, settings=scenario.settings) as server:
        warm_up = Scenario(
            name="",
            kind="fan_out",
            servers=(kind,),
            session="warm",
            count=100,
            rate=500,
            watchers=20,
        )
        _client(warm_up.load(server, kind), core=client_core)
        return _client(scenario.load(server, kind), core=client_core)


def _cores() -> tuple[int | None, int | None]:
    """One for each side, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def _client(load: Load, *, core: int | None) -> Report:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load_client", json.dumps(asdict(load))],
        stdout=subprocess.PIPE,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    try:
        output, _ = process.communicate(timeout=_CLIENT_S)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise SystemExit(f"the load client failed on {load}")
    return Report(**json.loads(output))


def _raise_descriptor_limit() -> None:
    """Inherited by all that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
