"""Cursors that this log never issued: reported, no event skipped, no other session shown."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.client import Client, client_of, events_of, types_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame

MALFORMED = {
    "empty": "",
    "no tag": "5",
    "negative": "-5-9f1c03ab",
    "zero": "0-9f1c03ab",
    "exponent": "1e9-9f1c03ab",
    "tag with other letters": "5-zzzzzzzz",
    "tag too short": "5-9f1c03a",
    "more behind": "5-9f1c03ab-1",
    "leading space inside": "5 -9f1c03ab",
    "number without end": "9" * 300 + "-9f1c03ab",
    "too long": "1" * 5000,
    "words": "the last one, please",
    "unicode digits": "\u0665-9f1c03ab",
}


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("other") / "data") as server:
        yield server


@pytest.fixture
async def other(other_server: RunningServer) -> AsyncIterator[Client]:
    """A client of a server with a data directory of its own."""
    async with client_of(other_server) as client:
        yield client


@pytest.mark.parametrize("scope", ["session", "task"])
async def test_a_cursor_of_another_data_directory_is_answered_with_reset_and_everything(
    client: Client, other: Client, session_id: str, scope: str
) -> None:
    theirs = await _carried_out(other, "echo theirs", session_id)
    ours = await _carried_out(client, "echo ours", session_id)
    task_id = ours[0].data["task_id"]
    path = {
        "session": f"/api/v1/sse?session_id={session_id}",
        "task": f"/api/v1/tasks/{task_id}/events",
    }[scope]

    async with client.stream(path, last_event_id=theirs[3].id) as stream:
        seen = await stream.until("task_complete")

    assert types_of(seen[:2]) == ["connected", "reset"]
    assert seen[1].data == {"reason": "diverged", "first_seq": 1, "last_seq": len(ours)}
    assert events_of(seen) == ours


async def test_a_cursor_from_the_future_is_answered_with_reset_and_everything(
    client: Client, other: Client, session_id: str
) -> None:
    theirs = await _carried_out(other, "for i in 1 2 3 4 5 6; do echo $i; done", session_id)
    ours = await _carried_out(client, "true", session_id)

    async with client.stream(
        f"/api/v1/sse?session_id={session_id}", last_event_id=theirs[-1].id
    ) as stream:
        seen = await stream.until("task_complete")

    assert seen[1].data == {"reason": "future", "first_seq": 1, "last_seq": len(ours)}
    assert events_of(seen) == ours


async def test_a_cursor_of_another_session_shows_nothing_of_it(
    client: Client, session_id: str
) -> None:
    secret = await _carried_out(client, "echo secret", f"{session_id}-secret")
    ours = await _carried_out(client, "echo ours", session_id)

    for frame in secret:
        async with client.stream(
            f"/api/v1/sse?session_id={session_id}", last_event_id=frame.id
        ) as stream:
            seen = await stream.until("task_complete")
        assert seen[1].event == "reset"
        assert events_of(seen) == ours


async def test_a_cursor_into_a_session_that_does_not_exist_is_of_the_future(
    client: Client, session_id: str
) -> None:
    async with client.stream(
        f"/api/v1/sse?session_id={session_id}", last_event_id="7-9f1c03ab"
    ) as stream:
        opening = await stream.take(2)
        task_id = await client.submit("echo new", session_id=session_id)
        seen = await stream.until("task_complete")

    assert opening[1] == Frame(
        id="0-00000000",
        event="reset",
        data={"reason": "future", "first_seq": 1, "last_seq": 0},
    )
    assert seen == await client.events(task_id)


@pytest.mark.parametrize("cursor", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("path", ["sse", "sessions", "tasks"])
async def test_a_malformed_cursor_is_refused(
    client: Client, finished: dict[str, str], path: str, cursor: str
) -> None:
    answer = await client.http.get(
        client.url(finished[path]), headers=[(b"last-event-id", cursor.encode())]
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_cursor"
    assert [error["field"] for error in answer.json()["errors"]] == ["Last-Event-ID"]


async def test_a_cursor_given_twice_is_refused(client: Client, finished: dict[str, str]) -> None:
    twice = [("last-event-id", "1-9f1c03ab"), ("last-event-id", "2-9f1c03ab")]

    answer = await client.http.get(client.url(finished["sse"]), headers=twice)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["", "5", "x" * 2049])
@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
@pytest.mark.parametrize("path", ["sse", "tasks"])
async def test_a_malformed_cursor_in_the_query_is_refused(
    client: Client, finished: dict[str, str], path: str, accept: str, cursor: str
) -> None:
    joint = "&" if "?" in finished[path] else "?"

    answer = await client.request("GET", f"{finished[path]}{joint}after={cursor}", accept=accept)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["after"]


@pytest.fixture
async def finished(client: Client, session_id: str) -> dict[str, str]:
    """Paths of a session and its task that has ended."""
    task_id = await client.submit("true", session_id=session_id)
    await client.events(task_id)
    return {
        "sse": f"/api/v1/sse?session_id={session_id}",
        "sessions": f"/api/v1/sessions/{session_id}/events",
        "tasks": f"/api/v1/tasks/{task_id}/events",
    }


async def _carried_out(client: Client, command: str, session_id: str) -> list[Frame]:
    return await client.events(await client.submit(command, session_id=session_id))
