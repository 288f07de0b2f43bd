"""All that `make bench` measures, with what the product promises."""

from benchmarks.figure import (
    Figure,
    at_least,
    at_most,
    cpu,
    p50,
    p99,
    probe_p99,
    rate,
    size,
    wrong,
)
from benchmarks.scenario import ALONE, BY_HAND, EVERY, Scenario

FAN_OUT = (
    Scenario(
        name="1,000 watchers, 50 events/s",
        kind="fan_out",
        servers=EVERY,
        count=200,
        rate=50,
        watchers=1000,
        figures=(
            cpu(at_most(1 / 4.2, of="naive"), at_most(0.95, of="nchan")),
            p50(at_most(1, of="nchan")),
            p99(at_most(15)),
            wrong(),
        ),
    ),
    Scenario(
        name="5,000 watchers, 2 events/s",
        kind="fan_out",
        servers=EVERY,
        count=6,
        rate=2,
        watchers=5000,
        figures=(cpu(at_most(1 / 4, of="naive"), at_most(1, of="nchan")), wrong()),
    ),
    Scenario(
        name="bursts of 20 to 1,000 watchers",
        kind="fan_out",
        servers=EVERY,
        count=300,
        rate=100,
        burst=20,
        watchers=1000,
        figures=(
            cpu(at_most(1), at_most(1 / 18, of="naive"), at_most(1 / 9, of="nchan")),
            wrong(),
        ),
    ),
    Scenario(
        name="1,000 watchers, more than can be sent",
        kind="fan_out",
        servers=EVERY,
        count=600,
        rate=800,
        watchers=1000,
        figures=(rate(at_least(4.5, of="naive"), at_least(150_000)), wrong()),
    ),
    Scenario(
        name="one watcher, 100 events/s",
        kind="fan_out",
        servers=BY_HAND,
        count=200,
        rate=100,
        figures=(p50(at_most(0.2)), p99(), wrong()),
    ),
    Scenario(
        name="another request during 5,000 x 4 events/s",
        kind="fan_out",
        servers=BY_HAND,
        count=14,
        rate=4,
        watchers=5000,
        seconds=3,
        probes="/health",
        figures=(probe_p99(at_most(2)), wrong()),
    ),
    Scenario(
        name="5 of 20 watchers stall for 12 s",
        kind="stall",
        servers=BY_HAND,
        count=15_000,
        rate=1000,
        size=1000,
        watchers=20,
        seconds=12,
        figures=(
            wrong(),
            p50(of="others'"),
            Figure(
                name="others' p50, times that before",
                value=lambda report: report.median_ms / max(report.before_ms, 1e-6),
                targets=(at_most(1.5),),
            ),
            Figure(
                name="memory grown, MB",
                value=lambda report: report.grown_kb / 1024,
                targets=(at_most(32),),
            ),
        ),
    ),
)

IDLE = (
    Scenario(
        name="5,000 idle watchers",
        kind="idle",
        servers=EVERY,
        watchers=5000,
        figures=(
            Figure(
                name="KB per watcher",
                value=lambda report: report.grown_kb / report.deliveries,
                targets=(at_most(1.5), at_most(1 / 30, of="naive"), at_most(1 / 6, of="nchan")),
            ),
            cpu(at_most(300), at_most(1 / 2.5, of="naive"), each="watcher accepted"),
        ),
    ),
    Scenario(
        name="10,000 idle watchers",
        kind="idle",
        servers=ALONE,
        watchers=10_000,
        seconds=2,
        probes="/health",
        figures=(
            Figure(
                name="MB over the empty server",
                value=lambda report: report.grown_kb / 1024,
                targets=(at_most(100),),
            ),
            probe_p99(at_most(10)),
        ),
    ),
)

PAST = (
    Scenario(
        name="replay of 10,000 events to 20 clients, from the store",
        kind="replay",
        servers=BY_HAND,
        count=10_000,
        watchers=20,
        replay="10000000",
        figures=(cpu(at_most(1.5), at_most(1 / 8, of="naive")), rate(), wrong()),
    ),
    Scenario(
        name="replay of the last 1,000 events to 20 clients, from the tail",
        kind="replay",
        servers=BY_HAND,
        count=1000,
        size=100,
        watchers=20,
        replay="10000000",
        has_early_watcher=True,
        figures=(cpu(at_most(0.3), at_most(1 / 8, of="naive")), wrong()),
    ),
)

TASKS = (
    Scenario(
        name="1,000 sessions, 10 events/s, a watcher each",
        kind="many_sessions",
        servers=BY_HAND,
        count=1500,
        rate=10,
        sessions=1000,
        seconds=4,
        settings={"AGENTCAST_WORKER_CONCURRENCY": "1000"},
        figures=(cpu(at_most(1, of="naive")), rate(), wrong()),
    ),
    Scenario(
        name="an agent's stream over 200 unfinished sessions",
        kind="many_sessions",
        servers=ALONE,
        count=1500,
        rate=1,
        sessions=200,
        watchers=10,
        watch="/api/v1/agents/pulse/stream",
        seconds=4,
        settings={"AGENTCAST_WORKER_CONCURRENCY": "200"},
        figures=(cpu(), size(), p50(), wrong()),
    ),
    Scenario(
        name="submit to first event",
        kind="first_event",
        servers=BY_HAND,
        count=1,
        sessions=400,
        figures=(p50(at_most(2.5), of="first event"), rate(at_least(300), of="submits"), wrong()),
    ),
    Scenario(
        name="one task of 2,000 events flat out",
        kind="fan_out",
        servers=BY_HAND,
        count=2000,
        burst=20,
        figures=(rate(at_least(50_000), of="events"), wrong()),
    ),
    Scenario(
        name="50 tasks side by side, 200 events each",
        kind="many_sessions",
        servers=BY_HAND,
        count=200,
        burst=20,
        sessions=50,
        figures=(rate(at_least(35_000), of="events"), wrong()),
    ),
)

STORED = (
    Scenario(
        name="appends to the log",
        kind="log",
        servers=ALONE,
        count=200_000,
        figures=(
            rate(at_least(150_000), of="events, pipelined,"),
            p50(at_most(0.12), of="a lone append's"),
        ),
    ),
    Scenario(
        name="one task's events stored, nobody watching",
        kind="store",
        servers=ALONE,
        count=100_000,
        figures=(rate(of="events"), cpu(each="event")),
    ),
    Scenario(
        name="lines of a terminal, stored, nobody watching",
        kind="store",
        servers=ALONE,
        count=300_000,
        agent="shell",
        text="seq 300000",
        figures=(rate(at_least(250_000), of="lines"), cpu(each="line")),
    ),
)

SCENARIOS = (*FAN_OUT, *IDLE, *PAST, *TASKS, *STORED)
