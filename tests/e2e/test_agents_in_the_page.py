"""The page shows an error while agents cannot be listed, in a real browser."""

import pytest

from tests.e2e.browser import browser
from tests.e2e.running_server import RunningServer

pytestmark = pytest.mark.load

FAILING_UNTIL_MENDED = """
const whole = window.fetch, later = window.setTimeout;
window.setTimeout = (work, ms, ...more) => later(work, Math.min(ms, 20), ...more);
window.fetch = (path, ...more) =>
  window.mended || !path.endsWith("/agents")
    ? whole(path, ...more)
    : Promise.resolve(new Response('{"detail": "out of order"}', {status: 500}));
"""
PROBLEM = "document.getElementById('agents-problem')"
AGENTS = "[...document.getElementById('agent').options].map((one) => one.value)"


async def test_a_list_of_agents_that_cannot_be_loaded_shows_an_error_until_it_can(
    shared_server: RunningServer,
) -> None:
    async with browser() as chromium:
        page = await chromium.page(shared_server.base_url, first=FAILING_UNTIL_MENDED)
        problem = await page.until(f"!{PROBLEM}?.hidden && {PROBLEM}?.textContent")
        before = await page.value(AGENTS)
        await page.value("window.mended = true")
        await page.until(f"{PROBLEM}.hidden")
        after = await page.value(AGENTS)

    assert problem == "The agents cannot be listed: out of order"
    assert before == []
    assert isinstance(after, list) and {"", "react", "shell"} <= set(after)
