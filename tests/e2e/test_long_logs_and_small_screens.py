"""The page counts what it leaves out, shows nothing twice, and can be read on a phone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.browser import Page, browser
from tests.e2e.client import Client, client_of
from tests.e2e.running_server import running_server

pytestmark = pytest.mark.load

LINES = "[...document.querySelectorAll('#events li.log .text')].map((text) => text.textContent)"
OLDER = "document.getElementById('older-count').textContent"
LOG = "document.getElementById('events').textContent"
ASKING = """script:
tool shell {"command": "echo a-command-with-a-long-word-in-it-that-is-to-be-read-before-it-may-run"}
answer Done.
"""
RULES = '[agents.react.approvals]\nshell = "ask"\n'
ENDED = "document.querySelector('#events li.done')"
SQUEEZED = """
[...document.querySelectorAll("body *")].filter((one) => {
  if (one.childElementCount > 0 || one.textContent.trim().length < 6) return false;
  const range = document.createRange();
  range.selectNodeContents(one);
  const lines = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
  return lines.size * 3 > one.textContent.length;
}).map((one) => one.textContent)
"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browser() as chromium:
        yield await chromium.page("about:blank")


async def test_older_events_are_counted_and_fetched_from_before_the_first_that_is_shown(
    client: Client, page: Page
) -> None:
    task_id = await client.submit("seq -f 'line %g' 5700", session_id="long")
    await client.finished(task_id)
    of_all = [f"line {number}" for number in range(1, 5701)]

    await page.call("Page.navigate", url=client.url("/sessions/long"))
    await page.until(f"document.readyState === 'complete' && {ENDED}")
    first = await page.value(f"{LINES}[0]")
    newest = await page.until(f"{OLDER}.startsWith('706 ') && {LINES}")
    await page.click("document.getElementById('older-load')")
    await page.until("document.getElementById('older').hidden")

    assert first == "line 703"
    assert newest == of_all[702:]
    assert await page.value(LINES) == of_all
    whole = await page.value("document.getElementById('older-whole').pathname")
    assert whole == "/api/v1/sessions/long/export"


async def test_output_that_was_shown_as_it_came_is_not_shown_again(
    client: Client, page: Page
) -> None:
    script = 'script:\ntool shell {"command": "echo one-$((1+1)); exit 4"}\nanswer Done.'
    await client.finished(await client.submit(script, session_id="output", agent="react"))

    await page.call("Page.navigate", url=client.url("/sessions/output"))
    await page.until(f"document.readyState === 'complete' && {ENDED}")

    assert await page.value(f"{LOG}.split('one-2').length - 1") == 1
    ended = await page.value(
        "[...document.querySelectorAll('#events li.tool')].at(-1).textContent"
    )
    assert "exit code 4" in str(ended)


async def test_on_a_phone_what_waits_is_seen_at_once_and_nothing_is_squeezed(
    tmp_path: Path, page: Page
) -> None:
    await page.call(
        "Emulation.setDeviceMetricsOverride",
        width=390,
        height=844,
        deviceScaleFactor=1,
        mobile=True,
    )
    name = "a-session-whose-name-takes-more-than-one-line-of-a-phone"
    (tmp_path / "agentcast.toml").write_text(RULES)
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            await client.submit(ASKING, session_id=name, agent="react")
            await page.call("Page.navigate", url=client.url(f"/sessions/{name}"))
            await page.until(
                "document.readyState === 'complete' && document.querySelector('.ask')"
            )
            card = "document.querySelector('.ask').getBoundingClientRect()"

            assert await page.value(SQUEEZED) == []
            assert await page.value("document.documentElement.scrollWidth") == 390
            assert await page.value(f"scrollY === 0 && {card}.top > 0 && {card}.bottom < 844")
            await page.value("scrollTo(0, document.body.scrollHeight)")
            assert await page.until(f"{card}.top >= 0 && {card}.bottom < 844")
