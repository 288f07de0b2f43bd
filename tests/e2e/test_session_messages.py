"""The conversation of a session over HTTP."""

import base64

import pytest

from tests.e2e.client import Client
from tests.e2e.sse_reader import Json

SCRIPT = 'script:\nsay I look.\ntool list_directory {"path": "."}\nanswer Nothing there.'


async def test_the_tasks_of_all_agents_of_a_session_are_one_conversation(
    client: Client, session_id: str
) -> None:
    await client.events(await client.submit(SCRIPT, session_id=session_id, agent="react"))
    await client.events(await client.submit("echo hello", session_id=session_id))
    path = f"/api/v1/sessions/{session_id}/messages"

    whole = items_of(await client.get(path))

    assert [(item["role"], item["content"]) for item in whole] == [
        ("user", SCRIPT),
        ("assistant", "I look."),
        ("tool", whole[2]["content"]),
        ("assistant", "Nothing there."),
        ("user", "echo hello"),
        ("assistant", "hello"),
    ]
    calls = whole[1]["tool_calls"]
    assert isinstance(calls, list)
    [call] = calls
    assert (call["tool_name"], call["arguments"]) == ("list_directory", {"path": "."})
    assert whole[2]["call_id"] == call["call_id"]
    assert await pages(client, path, limit=1) == await pages(client, path, limit=4) == whole


@pytest.mark.parametrize("cursor", ["x", "1", "5.1", "-1.2", "1.x", "1.2.3", "f0.1.2", "f.1.2"])
async def test_a_cursor_that_no_page_gave_is_refused(
    client: Client, session_id: str, cursor: str
) -> None:
    await client.events(await client.submit("true", session_id=session_id))
    made = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")

    answer = await client.request("GET", f"/api/v1/sessions/{session_id}/messages?cursor={made}")

    assert answer.status_code == 400


async def test_a_session_that_is_not_there_has_no_messages(client: Client) -> None:
    answer = await client.request("GET", "/api/v1/sessions/nobody/messages")

    assert answer.status_code == 404


async def pages(client: Client, path: str, *, limit: int) -> list[Json]:
    items: list[Json] = []
    more = ""
    while True:
        page = await client.get(f"{path}?limit={limit}{more}")
        items += items_of(page)
        if "next_cursor" not in page:
            return items
        more = f"&cursor={page['next_cursor']}"


def items_of(page: Json) -> list[Json]:
    items = page["items"]
    assert isinstance(items, list)
    return items
