"""Clients that others wrote, over a bad network and a server that is killed under them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest

from tests.e2e.client import Client, client_of
from tests.e2e.clients.client_program import ClientProgram, Seen
from tests.e2e.clients.cutting_proxy import CuttingProxy
from tests.e2e.clients.programs.with_chromium import ORIGIN
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.running_server import running_server

PYTHON_AND_CURL = ["with_httpx_sse.py", "with_httpx2.py", "with_sseclient.py", "follow.sh"]
BROWSERS_AND_NODE = [
    "with_eventsource.mjs",
    "with_eventsource_client.mjs",
    "with_fetch_event_source.mjs",
    "with_chromium.py",
]
HELD_EVERY_100 = (
    f"{OPEN_GATE}; i=0; while [ $i -lt 300 ]; do "
    f"i=$((i+1)); echo line $i; [ $((i % 100)) -ne 0 ] || {PASS}; done"
)
OFTEN = (7_001, 9_973, 4_999, 13_007)
NOW_AND_THEN = (30_011, 25_013, 60_017)


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a server that this test may kill, and that lets the browser's page in."""
    with running_server(tmp_path / "data", AGENTCAST_CORS_ORIGINS=ORIGIN) as server:
        async with client_of(server) as client:
            yield client


async def test_python_and_curl_see_every_event_once_over_cuts_and_a_crash(own: Client) -> None:
    await _see_everything_once(own, PYTHON_AND_CURL, cut_after=OFTEN, least_cuts=6)


@pytest.mark.load
async def test_node_and_browsers_see_every_event_once_over_cuts_and_a_crash(own: Client) -> None:
    _require_packages()

    await _see_everything_once(own, BROWSERS_AND_NODE, cut_after=NOW_AND_THEN, least_cuts=2)


async def _see_everything_once(
    own: Client, names: list[str], *, cut_after: tuple[int, ...], least_cuts: int
) -> None:
    """All of them follow one task, live, each over a bad network of its own."""
    task_id = await own.submit(HELD_EVERY_100, session_id="watched")
    path = f"/api/v1/tasks/{task_id}/events"
    async with own.stream(path) as stream:
        gate = await gate_of(stream)
    proxies = [
        CuttingProxy(target=lambda: own.server.base_url, cut_after=cut_after) for _ in names
    ]
    programs = [ClientProgram(name) for name in names]

    with anyio.fail_after(60):
        async with AsyncExitStack() as stack:
            for program, proxy in zip(programs, proxies, strict=True):
                await stack.enter_async_context(proxy.running())
                await stack.enter_async_context(program.following(proxy.url + path))
            for line in (100, 200):
                await _all_have_seen(programs, line=f"line {line}")
                gate.let_pass()
            await _all_have_seen(programs, line="line 300")
            own.server.kill()
            await anyio.to_thread.run_sync(own.server.start)
            codes = {program.name: await program.exit_code() for program in programs}

    whole = [
        Seen(id=str(frame.id), event=frame.event, data=frame.data)
        for frame in await own.events(task_id)
    ]
    assert codes == dict.fromkeys(names, 0)
    for program in programs:
        assert _without_streams_own(program.seen) == whole, program.name
        assert _streams_own(program.seen) <= {"connected", "end"}, program.name
    assert whole[-1].event == "task_interrupted"
    assert [proxy.cuts for proxy in proxies if proxy.cuts < least_cuts] == []


async def _all_have_seen(programs: list[ClientProgram], **fields: object) -> None:
    for program in programs:
        await program.has_seen(**fields)


def _without_streams_own(seen: list[Seen]) -> list[Seen]:
    return [one for one in seen if "seq" in one.data]


def _streams_own(seen: list[Seen]) -> set[str]:
    return {one.event for one in seen if "seq" not in one.data}


def _require_packages() -> None:
    folder = Path(__file__).parent / "clients"
    assert (folder / "node_modules").is_dir(), f"run: npm ci --ignore-scripts --prefix {folder}"
