"""A browser that saw nothing yet gets what happened while its server was started again."""

from pathlib import Path

import anyio
import pytest

from domain.events import EVENT_CLASSES
from tests.e2e.browser import browser
from tests.e2e.client import client_of
from tests.e2e.running_server import running_server

pytestmark = pytest.mark.load

TALKING = "for i in $(seq 20); do echo $i; done"
WATCH = """
window.seen = [];
window.opened = 0;
const source = new EventSource("/api/sse?session_id=G");
source.addEventListener("connected", () => window.opened++);
source.addEventListener("reset", () => window.seen.push("reset"));
for (const type of %s)
    source.addEventListener(type, (frame) => frame.data && window.seen.push(frame.lastEventId));
"""


async def test_every_event_of_a_task_that_ran_meanwhile_comes_once(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client, browser() as opened:
            await client.events(await client.submit("echo old", session_id="G"))
            page = await opened.page(f"{server.base_url}/docs")
            await page.until("document.readyState === 'complete'")
            await page.value(WATCH % list(EVENT_CLASSES))
            await page.until("window.opened === 1")
            port = int(server.base_url.rpartition(":")[2])

            server.stop()
            await anyio.to_thread.run_sync(server.start)  # where the browser does not look
            events = await client.events(await client.submit(TALKING, session_id="G"))
            server.stop()
            await anyio.to_thread.run_sync(lambda: server.start(port=port))
            await page.until(f"window.seen.includes({events[-1].id!r})")
            seen = await page.value("window.seen")

    assert seen == [frame.id for frame in events]
