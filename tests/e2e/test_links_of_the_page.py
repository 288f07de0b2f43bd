"""The address of the page names what it shows, and opens it again."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.browser import Page, browser
from tests.e2e.client import Client

pytestmark = pytest.mark.load

NAME = "document.getElementById('session-name').textContent"
NOTE = "document.getElementById('note').textContent"
PATH = "location.pathname + location.hash"
LIST = "document.getElementById('sessions')"
FACTS = "document.getElementById('task-facts').textContent"
LOG = "document.getElementById('events').textContent"
FAILING = "echo found 7; echo no luck >&2; exit 3"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browser() as chromium:
        yield await chromium.page("about:blank")


async def test_back_and_forward_and_a_reload_show_what_the_address_names(
    client: Client, page: Page
) -> None:
    for name in ("left", "right"):
        await client.finished(await client.submit(f"echo of the {name}", session_id=name))
    await visit(page, client, "/#left")
    await page.until(f"{PATH} === '/sessions/left' && {LOG}.includes('of the left')")

    await page.until(f"{LIST}.querySelector('a[href=\"/sessions/right\"]')")
    await page.click(f"{LIST}.querySelector('a[href=\"/sessions/right\"]')")
    await page.until(f"{PATH} === '/sessions/right' && {LOG}.includes('of the right')")
    await page.click("document.querySelector('#events a.type')")
    await page.until(f"{PATH}.startsWith('/tasks/') && {NAME}.startsWith('task_')")
    await page.value("history.back()")
    await page.until(f"{PATH} === '/sessions/right' && {NAME} === 'right'")
    await page.value("history.back()")
    await page.until(f"{PATH} === '/sessions/left' && {NAME} === 'left'")
    assert not await page.value(f"{LOG}.includes('of the right')")
    await page.value("history.forward()")
    await page.until(f"{PATH} === '/sessions/right' && {LOG}.includes('of the right')")
    await page.call("Page.reload")
    await page.until(f"document.readyState === 'complete' && {LOG}.includes('of the right')")
    assert await page.value(NAME) == "right"


async def test_a_link_to_a_task_shows_why_it_failed_and_what_was_found(
    client: Client, page: Page
) -> None:
    rule = {"name": "number", "pattern": "found ([0-9])"}
    task_id = await client.submit(FAILING, session_id="unlucky", extraction=[rule])
    await client.finished(task_id)
    await client.finished(await client.submit("echo something else", session_id="unlucky"))

    await visit(page, client, f"/tasks/{task_id}")
    facts = await page.until(f"{FACTS}.includes('failed (exit_code)') && {FACTS}")
    await page.until(f"{LOG}.includes('task failed')")

    assert isinstance(facts, str)
    assert "ErrorThe command ended with exit code 3. no luck" in facts
    assert "Found: number7" in facts
    assert not await page.value(f"{LOG}.includes('something else')")
    await page.click("document.querySelector('#task-facts a')")
    await page.until(f"{PATH} === '/sessions/unlucky' && {LOG}.includes('something else')")


async def test_what_does_not_exist_shows_an_error(client: Client, page: Page) -> None:
    await visit(page, client, "/tasks/task_of_nobody")
    assert await page.until(NOTE) == "There is no task task_of_nobody."
    await visit(page, client, "/sessions/%3Cb%3E")
    assert await page.until(NOTE) == "<b> cannot be the name of a session."
    await visit(page, client, "/sessions/to-come")
    begins = "There is no session to-come yet. The first task that is submitted to it begins it."
    assert await page.until(NOTE) == begins

    await client.submit("echo begun", session_id="to-come")

    await page.until(f"{LOG}.includes('begun')")
    assert await page.value("document.getElementById('note').hidden")


async def test_the_list_shows_the_status_of_sessions_and_tasks_in_words(
    client: Client, page: Page
) -> None:
    await client.finished(await client.submit("exit 1", session_id="ends-badly"))
    await client.finished(await client.submit("true", session_id="ends-well"))
    asking = 'script:\ntool ask_user {"question": "Well?"}\nanswer Good.'
    task_id = await client.submit(asking, session_id="asks", agent="react")
    await visit(page, client, "/sessions/ends-badly")

    state = f"{LIST}.querySelector('a[href=\"%s\"] .state')?.textContent"
    await page.until(f"{state % '/sessions/ends-badly'} === 'failed'")
    await page.until(f"{state % '/sessions/ends-well'} === 'completed'")
    tasks = await page.until(f"{LIST}.querySelector('.tasks').textContent")
    await visit(page, client, f"/tasks/{task_id}")
    await page.until(f"{state % '/sessions/asks'} === 'waiting'")
    await page.until(f"{state % f'/tasks/{task_id}'} === 'waiting'")
    await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={})
    await page.until(f"{state % '/sessions/asks'} === 'cancelled'")

    assert tasks == "exit 1failed, The command ended with exit code 1."


async def visit(page: Page, client: Client, path: str) -> None:
    await page.call("Page.navigate", url=client.url(path))
    await page.until("document.readyState === 'complete' && document.getElementById('note')")
