"""Tabs that nobody looks at hold no connection, and lack nothing when they are looked at again."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.browser import Browser, Page, browser
from tests.e2e.client import Client
from tests.e2e.clients.server_state import watchers_are
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.load

TABS = 8
"""More than the six connections that a browser opens to a host."""
TALKING = "for i in $(seq 300); do echo line $i; sleep 0.02; done"
LINES = "[...document.querySelectorAll('#events li.log .text')].map((text) => text.textContent)"
ENDED = "document.querySelector('#events li.done')"
ROWS = "document.querySelectorAll('#events li').length"
STATE = "document.getElementById('connection').dataset.state"
HELD_BACK = """
const later = window.setTimeout;
window.setTimeout = (work, ms, ...more) =>
  ms === 500 ? ((window.letGo = work), 0) : later(work, ms, ...more);
"""
NAME = "document.getElementById('session-name').textContent"


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


async def test_in_the_last_of_many_tabs_a_task_is_submitted_and_each_tab_has_every_event_once(
    client: Client, chromium: Browser
) -> None:
    names = [f"tab-{number}" for number in range(TABS)]
    for name in names:
        await client.submit(TALKING, session_id=name)
    tabs = [await opened(chromium, client, name) for name in names]

    await submit(tabs[-1], "echo from the last tab", session_id="from-the-last-tab")
    await tabs[-1].until(f"{NAME} === 'from-the-last-tab' && {ENDED}")
    await watchers_are(client, 1, within_s=PATIENCE_S)

    for name, tab in zip(names[:-1], tabs, strict=False):
        assert await tab.value(STATE) == "suspended"
        await tab.show()
        await tab.until(ENDED)
        assert await tab.value(LINES) == [f"line {number}" for number in range(1, 301)]
        assert await tab.value(ROWS) == (await client.get(f"/api/v1/sessions/{name}"))["last_seq"]


async def test_a_glance_at_another_tab_keeps_the_stream_and_a_long_look_gives_it_back(
    client: Client, chromium: Browser
) -> None:
    first = await opened(chromium, client, "glanced-away", first=HELD_BACK)
    second = await opened(chromium, client, "glanced-at")
    await first.until("window.letGo")
    await watchers_are(client, 2, within_s=PATIENCE_S)

    await first.show()
    await watchers_are(client, 1, within_s=PATIENCE_S)
    after_a_glance = await first.value(STATE)
    await first.value("window.letGo = null")
    await second.show()
    await first.until("window.letGo")
    await first.value("window.letGo()")

    assert after_a_glance == "live"
    assert await first.value(STATE) == "suspended"
    await watchers_are(client, 1, within_s=PATIENCE_S)


async def test_what_took_the_place_of_a_session_meanwhile_is_shown_alone(
    client: Client, chromium: Browser
) -> None:
    await client.finished(await client.submit("echo old", session_id="renewed"))
    tab = await opened(chromium, client, "renewed")
    await tab.until(f"{LINES}.includes('old')")
    other = await opened(chromium, client, "beside")
    await watchers_are(client, 1, within_s=PATIENCE_S)
    await client.request("DELETE", "/api/v1/sessions/renewed")
    await client.finished(await client.submit("echo new", session_id="renewed"))

    await tab.show()
    await tab.until(f"{LINES}.includes('new')")

    assert await tab.value(LINES) == ["new"]
    assert await tab.value(ROWS) == (await client.get("/api/v1/sessions/renewed"))["last_seq"]
    assert await other.value("document.hidden")


async def test_a_page_that_was_left_and_is_come_back_to_has_every_event_once(
    client: Client, chromium: Browser
) -> None:
    await client.submit(TALKING, session_id="left-and-back")
    tab = await opened(chromium, client, "left-and-back")
    await tab.until(f"{LINES}.length > 0")

    await tab.call("Page.navigate", url=client.url("/health"))
    await tab.until("location.pathname === '/health' && document.readyState === 'complete'")
    await watchers_are(client, 0, within_s=PATIENCE_S)
    await tab.value("history.back()")
    await tab.until(ENDED)

    assert await tab.value(LINES) == [f"line {number}" for number in range(1, 301)]


async def opened(chromium: Browser, client: Client, session_id: str, *, first: str = "") -> Page:
    """A tab that watches the session, before the others of the window."""
    url = client.url(f"/sessions/{session_id}")
    tab = await chromium.page(url, first=first, is_tab=True)
    await tab.until(f"document.readyState === 'complete' && {STATE} === 'live'")
    return tab


async def submit(page: Page, task: str, *, session_id: str) -> None:
    await page.until("document.querySelector('#agent option[value=shell]')")
    await page.value(f"document.getElementById('task').value = {task!r}")
    await page.value(f"document.getElementById('session-id').value = {session_id!r}")
    await page.value("document.getElementById('agent').value = 'shell'")
    await page.click("document.getElementById('send')")
