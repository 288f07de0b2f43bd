"""So many watchers that each must cost next to nothing."""

import resource
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.e2e.client import Client
from tests.e2e.clients.server_state import cost_of, counted, watchers_are
from tests.e2e.clients.watcher_process import WatcherProcess, watcher_process
from tests.e2e.gate import OPEN_GATE, PASS, gate_of

pytestmark = pytest.mark.load

WATCHERS = 10_000
KB_EACH = 64
DESCRIPTORS = 16_384
SESSION = "/api/v1/sse?session_id=many"
TWENTY_LINES = "for i in $(seq 20); do echo line $i; done"
EVENTS_OF_TWENTY = 26


@pytest.fixture(scope="module", autouse=True)
def descriptors() -> Iterator[None]:
    """Servers and watchers inherit the limit."""
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(DESCRIPTORS, former[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, former[1])))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, former)


async def test_ten_thousand_watchers_see_everything_and_leave_nothing_behind(own: Client) -> None:
    pid = own.server.pid
    await own.events(await own.submit("true", session_id="warm"))
    before = cost_of(pid)

    with watcher_process(WATCHERS, base_url=own.server.base_url, path=SESSION) as watchers:
        watchers.connect()
        crowded = cost_of(pid)
        slowest_s = max([await _plain_request_s(own) for _ in range(20)])
        assert await _all_read_twenty_lines(own, watchers) == [EVENTS_OF_TWENTY]
        watchers.drop()
        await watchers_are(own, 0, within_s=20)
        after = cost_of(pid)

        watchers.connect()
        crowded_again = cost_of(pid)

    assert slowest_s < 0.5
    assert crowded.descriptors >= WATCHERS
    assert after.descriptors <= before.descriptors + 5
    assert (crowded.rss_mb - before.rss_mb) * 1e3 / WATCHERS < KB_EACH
    assert crowded_again.rss_mb < crowded.rss_mb * 1.25


async def _all_read_twenty_lines(own: Client, watchers: WatcherProcess) -> object:
    await own.submit(TWENTY_LINES, session_id="many")
    return watchers.read_to("task_complete")["events"]


async def _plain_request_s(own: Client) -> float:
    began = monotonic()
    await own.get("/api/v1/tasks?limit=1")
    return monotonic() - began


async def test_a_thousand_watchers_that_come_back_at_once_go_on_where_they_were(
    own: Client,
) -> None:
    script = f"{OPEN_GATE}; {PASS}; {TWENTY_LINES}; {PASS}; {TWENTY_LINES}; {PASS}"
    async with own.stream(SESSION) as stream:
        await stream.take(1)
        with watcher_process(1_000, base_url=own.server.base_url, path=SESSION) as watchers:
            watchers.connect()
            await own.submit(script, session_id="many")
            gate = await gate_of(stream)
            watchers.read_to("log")
            watchers.drop()
            await watchers_are(own, 1)
            gate.let_pass(2)
            await stream.until("log", line_num=41)
            reads = await counted(own, "store_reads")

            waited = watchers.resume()
            more_reads = await counted(own, "store_reads") - reads
            gate.let_pass()
            seen = watchers.read_to("task_complete")
        whole = await stream.until("task_complete")

    assert more_reads < 20
    assert seen == {"events": [whole[-1].data["seq"]]}
    assert float(str(waited["p99_ms"])) < 2_000
