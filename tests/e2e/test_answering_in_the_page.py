"""People answer what tasks ask in the page, in a real browser."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx2
import pytest

from tests.e2e.browser import Browser, Page, browser
from tests.e2e.cli_process import Cli
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.load

HOSTILE = "echo '<img src=x onerror=\"document.title=1\">' # \u202etxt.exe"
SPELLED = HOSTILE.replace("\u202e", "\\u202e")
RULES = '[agents.react.approvals]\nshell = "ask"\n'
SCRIPT = f"""script:
tool shell {json.dumps({"command": HOSTILE})}
say Done with that.
tool ask_user {{"question": "Which <b>one</b>?", "choices": ["left", "right"]}}
answer You said {{result}}
"""
WITHOUT_RESOLUTIONS = """
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (type, ...more) {
  if (type !== "approval_resolved" && type !== "task_cancelled") listen.call(this, type, ...more);
};
"""
CARDS = "document.querySelectorAll('.ask')"
NEWS = "document.getElementById('asks-news').textContent"
PROBLEM = "document.getElementById('asks-problem').textContent"
STATE = "document.getElementById('task-state').textContent"
LIST = "document.getElementById('events')"
BELOW = f"({LIST}.scrollHeight - {LIST}.scrollTop - {LIST}.clientHeight)"
LOG = "document.getElementById('events').textContent"


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a server whose `react` asks before it uses the shell."""
    cli = Cli(folder=tmp_path)
    (cli.folder / "agentcast.toml").write_text(RULES)
    with cli.serving() as (_, url):
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            yield client


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


async def test_what_is_asked_is_read_approved_and_answered_by_keyboard(
    http: httpx2.AsyncClient, chromium: Browser
) -> None:
    page = await chromium.page(f"{http.base_url}#talk")
    task_id = await submitted(http)
    await page.until(f"{CARDS}.length === 1")
    shown = await page.value("document.querySelector('.arguments pre').textContent")
    images = await page.value("document.querySelectorAll('.ask img, .ask b').length")
    named = await page.value("document.querySelector('.ask').getAttribute('aria-labelledby')")
    heading = await page.value(f"document.getElementById('{named}').textContent")

    await page.value("document.querySelector('.ask input').focus()")
    await page.write("fine")
    await page.press("Tab")
    await page.press("Enter", text="\r")
    news = await page.until(f"{NEWS}.includes('approved') && {NEWS}")
    prompt = await page.until("document.querySelector('.prompt')?.textContent")
    await page.value("document.querySelector('.ask textarea').focus()")
    await page.write("the left one")
    await page.press("Tab")
    await page.press("Enter", text="\r")
    await page.until(f"{LOG}.includes('You said the left one')")

    assert await page.until(f"{BELOW} < 5")
    assert (shown, images, heading) == (SPELLED, 0, "react asks to use shell")
    assert (news, prompt) == ("shell: approved by local: fine", "Which <b>one</b>?")
    assert await page.until("document.getElementById('asks-panel').hidden")
    assert await page.value("document.activeElement.id") == "task"
    assert (await task(http, task_id))["status"] == "completed"


async def test_another_watcher_sees_the_answer_and_a_late_answer_shows_an_error(
    http: httpx2.AsyncClient, chromium: Browser
) -> None:
    await submitted(http)
    address = f"{http.base_url}#talk"
    first, second = [await chromium.page(address) for _ in range(2)]
    late = await chromium.page(address, first=WITHOUT_RESOLUTIONS)
    for page in (first, second, late):
        await page.until(f"{CARDS}.length === 1")

    await first.value("document.querySelector('.ask input').value = 'not today'")
    await click(first, "Deny")
    news = await second.until(f"{NEWS}.includes('denied') && {NEWS}")
    await click(late, "Approve")

    assert news == "shell: denied by local: not today"
    await click(first, "left")
    await second.until(f"{LOG}.includes('You said left')")
    assert await late.until(PROBLEM) == "Your answer was not taken: it was denied before"


async def test_an_answer_that_nobody_waits_for_any_more_shows_an_error(
    http: httpx2.AsyncClient, chromium: Browser
) -> None:
    task_id = await submitted(http)
    late = await chromium.page(f"{http.base_url}#talk", first=WITHOUT_RESOLUTIONS)
    await late.until(f"{CARDS}.length === 1")
    await http.post(f"/api/v1/tasks/{task_id}/cancel", json={})
    await ended(http, task_id)

    await click(late, "Approve")

    assert (
        await late.until(PROBLEM)
        == "Your answer was not taken: nobody waits for this answer any more"
    )


async def test_a_task_is_paused_resumed_and_cancelled(
    http: httpx2.AsyncClient, chromium: Browser
) -> None:
    page = await chromium.page(f"{http.base_url}#talk")
    task_id = await submitted(http)
    await page.until(f"{STATE} === 'waits for an answer'")

    await click(page, "Pause")
    await page.until("document.getElementById('pause').textContent === 'Resume'")
    await click(page, "Approve")
    await page.until(f"{STATE} === 'paused'")
    paused = (await task(http, task_id))["status"]
    await click(page, "Resume")
    await page.until(f"{STATE} === 'waits for an answer'")
    await click(page, "Cancel task")
    await page.until(f"{STATE} === ''")

    assert paused == "paused"
    assert (await task(http, task_id))["status"] == "cancelled"
    assert await page.until("document.getElementById('asks-panel').hidden")


async def submitted(http: httpx2.AsyncClient) -> str:
    body = {"task": SCRIPT, "session_id": "talk", "agent": "react"}
    with anyio.fail_after(PATIENCE_S):
        response = await http.post("/api/v1/tasks", json=body)
    assert response.status_code == 202, response.text
    return str(response.json()["task_id"])


async def task(http: httpx2.AsyncClient, task_id: str) -> dict[str, object]:
    answer: dict[str, object] = (await http.get(f"/api/v1/tasks/{task_id}")).json()
    return answer


async def ended(http: httpx2.AsyncClient, task_id: str) -> None:
    async with http.stream("GET", f"/api/v1/tasks/{task_id}/events") as stream:
        with anyio.fail_after(PATIENCE_S):
            await stream.aread()


async def click(page: Page, name: str) -> None:
    """The button of that name, as soon as it may be pressed."""
    is_it = f"(one) => one.textContent === '{name}' && !one.disabled && !one.hidden"
    button = f"[...document.querySelectorAll('button')].find({is_it})"
    await page.until(f"{button} !== undefined")
    await page.click(button)
