"""`make bench`: the product and a hand-written server in turn, and a table of medians.

python -m benchmarks.run [--repeat 3] [--only "one task"]
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

from benchmarks.load import Load, Report
from benchmarks.servers import NAIVE, PRODUCT, Server, ServerKind, running

_CLIENT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    kind: Literal["fan_out", "first_event", "store"]
    count: int
    watchers: int = 1
    rate: float = 0
    burst: int = 1
    submissions: int = 1
    servers: Sequence[ServerKind] = (NAIVE, PRODUCT)

    def load(self, server: Server, kind: ServerKind) -> Load:
        return Load(
            kind=self.kind,
            port=server.port,
            server_pid=server.pid,
            watch=kind.watch,
            submit=kind.submit,
            body=kind.body(count=self.count, rate=self.rate, burst=self.burst, size=200),
            count=self.count,
            watchers=self.watchers,
            submissions=self.submissions,
        )


SCENARIOS = (
    Scenario(
        name="1,000 watchers, 50 events/s", kind="fan_out", count=250, watchers=1000, rate=50
    ),
    Scenario(
        name="1,000 watchers, bursts of 20",
        kind="fan_out",
        count=400,
        watchers=1000,
        rate=80,
        burst=20,
    ),
    Scenario(name="one task, 2,000 events flat out", kind="fan_out", count=2000, burst=20),
    Scenario(name="submit to first event", kind="first_event", count=1, submissions=400),
    Scenario(name="stored, nobody watching", kind="store", count=100_000, servers=(PRODUCT,)),
)
"""Stored only by the product: the hand-written server keeps nothing."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--only", default="", help="scenarios whose name holds this")
    chosen = arguments.parse_args()
    _say(_HEAD)
    for scenario in SCENARIOS:
        if chosen.only in scenario.name:
            _say(*_rows(scenario, _measured(scenario, repeat=chosen.repeat)))


def _measured(scenario: Scenario, *, repeat: int) -> dict[str, list[Report]]:
    """In turn, so that what else the machine does falls on both alike."""
    reports: dict[str, list[Report]] = {kind.name: [] for kind in scenario.servers}
    for _ in range(repeat):
        for kind in scenario.servers:
            reports[kind.name].append(_once(scenario, kind))
    return reports


def _once(scenario: Scenario, kind: ServerKind) -> Report:
    server_core, client_core = _cores()
    with running(kind, core=server_core) as server:
        warm_up = Scenario(name="", kind="fan_out", count=100, watchers=20, rate=500)
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
        said, _ = process.communicate(timeout=_CLIENT_S)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise SystemExit(f"the load client failed on {load}")
    return Report(**json.loads(said))


_HEAD = """\
| scenario | server | CPU µs (min-max) | times less | events/s | p50 ms | p99 ms | lost, doubled | client µs |
|---|---|---|---|---|---|---|---|---|"""


def _rows(scenario: Scenario, reports: dict[str, list[Report]]) -> list[str]:
    first = median(report.server_us for report in reports[scenario.servers[0].name])
    return [
        f"| {scenario.name} | {name} "
        f"| {(cpu := median(one.server_us for one in seen)):.2f} "
        f"({min(one.server_us for one in seen):.2f}-{max(one.server_us for one in seen):.2f}) "
        f"| {first / cpu:.1f} | {median(one.per_s for one in seen):,.0f} "
        f"| {median(one.median_ms for one in seen):.2f} "
        f"| {median(one.p99_ms for one in seen):.2f} "
        f"| {sum(one.lost for one in seen)}, {sum(one.doubled for one in seen)} "
        f"| {median(one.client_us for one in seen):.1f} |"
        for name, seen in reports.items()
    ]


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
