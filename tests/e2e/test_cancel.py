"""Cancelling, in every state a task can be in."""

import anyio

from tests.e2e.client import Client, ends_of, events_of, types_of
from tests.e2e.live_processes import pids_of, processes_of
from tests.e2e.sse_reader import Frame

WAITING = "sleep 600 & sleep 601 & echo ready; wait"
IGNORES_SIGNALS = "trap '' TERM INT HUP; echo ready; while :; do sleep 600; done"


async def test_a_queued_task_is_cancelled_before_it_starts(
    client: Client, session_id: str
) -> None:
    live = await _ready(client, WAITING, session_id)
    queued = await client.submit("echo never", session_id=session_id)

    answer = await client.request("POST", f"/api/v1/tasks/{queued}/cancel")
    seen = await client.events(queued)

    assert answer.status_code in {200, 202}
    assert types_of(seen) == ["task_queued", "cancel_requested", "task_cancelled"]
    assert (await client.get(f"/api/v1/tasks/{queued}"))["status"] == "cancelled"
    assert (await client.get(f"/api/v1/tasks/{live}"))["status"] == "running"
    await _cancel(client, live)


async def test_a_running_task_is_cancelled_with_all_its_processes(
    client: Client, session_id: str
) -> None:
    task_id = await _ready(client, WAITING, session_id)

    with processes_of(task_id) as children:
        answer = await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
        await children.all_gone()
    seen = await client.events(task_id)

    assert len(children.pids) >= 2
    assert answer.status_code == 202
    assert "cancel_requested" in types_of(seen)
    assert ends_of(seen) == ["task_cancelled"]
    assert (seen[-1].data["reason"], seen[-1].data["by"]) == ("user", "local")
    assert pids_of(task_id) == []


async def test_cancelling_twice_and_after_the_end_changes_nothing(
    client: Client, session_id: str
) -> None:
    task_id = await _ready(client, WAITING, session_id)
    path = f"/api/v1/tasks/{task_id}/cancel"
    answers = [await client.request("POST", path) for _ in range(2)]
    seen = await client.events(task_id)

    after = await client.request("POST", path)

    assert {answer.status_code for answer in answers} <= {200, 202}
    assert after.status_code == 200
    assert types_of(seen).count("cancel_requested") == 1
    assert await client.events(task_id) == seen


async def test_a_task_that_completed_stays_completed(client: Client, session_id: str) -> None:
    task_id = await client.submit("echo done", session_id=session_id)
    before = await client.finished(task_id)

    answer = await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})

    assert answer.status_code == 200
    assert await client.get(f"/api/v1/tasks/{task_id}") == before


async def test_kill_ends_at_once_what_does_not_listen(client: Client, session_id: str) -> None:
    task_id = await _ready(client, IGNORES_SIGNALS, session_id)

    with processes_of(task_id) as children:
        await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
        await children.all_gone(within_s=3)

    seen = await client.events(task_id)
    assert ends_of(seen) == ["task_cancelled"]


async def test_kill_after_a_patient_cancel_takes_the_patience_away(
    client: Client, session_id: str
) -> None:
    task_id = await _ready(client, IGNORES_SIGNALS, session_id)
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        with processes_of(task_id) as children:
            await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
            await stream.until("cancel_requested", mode="graceful")
            await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
            await children.all_gone(within_s=3)
        seen = await stream.to_end()

    assert ends_of(seen) == ["task_cancelled"]


async def test_twenty_cancels_at_once_make_one_end(client: Client, session_id: str) -> None:
    task_id = await _ready(client, WAITING, session_id)
    statuses: set[int] = set()

    async def cancel() -> None:
        answer = await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
        statuses.add(answer.status_code)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(cancel)

    assert statuses <= {200, 202}
    seen = await client.events(task_id)
    assert ends_of(seen) == ["task_cancelled"]
    assert types_of(seen).count("cancel_requested") == 1


async def test_a_cut_submission_takes_its_task_along_when_it_asked_for_that(
    client: Client, session_id: str
) -> None:
    task_id, seen = await _cut_submission(client, session_id, on_disconnect="cancel")

    assert ends_of(seen) == ["task_cancelled"]
    assert seen[-1].data["reason"] == "disconnect"
    assert pids_of(task_id) == []


async def test_a_cut_submission_leaves_its_task_alone_otherwise(
    client: Client, session_id: str
) -> None:
    body = {"task": WAITING, "session_id": session_id, "agent": "shell"}
    async with client.stream("/api/v1/tasks", method="POST", json=body) as stream:
        seen = await stream.until("log", line="ready")
    task_id = str(seen[-1].data["task_id"])

    following = await client.submit("echo next", session_id=session_id)

    assert (await client.get(f"/api/v1/tasks/{task_id}"))["status"] == "running"
    assert (await client.get(f"/api/v1/tasks/{following}"))["status"] == "queued"
    await _cancel(client, task_id)
    assert (await client.finished(following))["status"] == "completed"


async def test_a_watcher_that_leaves_never_touches_the_task(
    client: Client, session_id: str
) -> None:
    body = {
        "task": WAITING,
        "session_id": session_id,
        "agent": "shell",
        "on_disconnect": "cancel",
    }
    async with client.stream("/api/v1/tasks", method="POST", json=body) as submitting:
        seen = await submitting.until("log", line="ready")
        task_id = str(seen[-1].data["task_id"])
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as watching:
            await watching.until("log", line="ready")

        assert (await client.finished(await client.submit("true", session_id=f"{session_id}-b")))[
            "status"
        ] == "completed"
        assert (await client.get(f"/api/v1/tasks/{task_id}"))["status"] == "running"
        await _cancel(client, task_id)


async def _ready(client: Client, command: str, session_id: str) -> str:
    """The id of a task that is running and has printed a line."""
    task_id = await client.submit(command, session_id=session_id)
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line="ready")
    return task_id


async def _cancel(client: Client, task_id: str) -> None:
    await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
    assert (await client.finished(task_id))["status"] == "cancelled"


async def _cut_submission(
    client: Client, session_id: str, *, on_disconnect: str
) -> tuple[str, list[Frame]]:
    body = {
        "task": WAITING,
        "session_id": session_id,
        "agent": "shell",
        "on_disconnect": on_disconnect,
    }
    async with client.stream("/api/v1/tasks", method="POST", json=body) as stream:
        seen = await stream.until("log", line="ready")
        task_id = str(seen[-1].data["task_id"])
    return task_id, events_of(await client.events(task_id))
