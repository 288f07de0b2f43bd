"""A session that is deleted while it is at work and watched."""

from tests.e2e.client import Client, ends_of, events_of, types_of
from tests.e2e.live_processes import pids_of, processes_of
from tests.e2e.sse_reader import Frame

DELETED = Frame(event="end", data={"reason": "session_deleted"})


async def test_deleting_a_session_ends_its_task_and_its_streams(
    client: Client, session_id: str
) -> None:
    path = f"/api/v1/sessions/{session_id}"
    task_id = await client.submit("echo ready; sleep 600", session_id=session_id)
    async with (
        client.stream(f"/api/v1/sse?session_id={session_id}&replay=all") as of_session,
        client.stream(f"/api/v1/tasks/{task_id}/events") as of_task,
    ):
        await of_session.until("log", line="ready")
        await of_task.until("log", line="ready")
        with processes_of(task_id) as children:
            answer = await client.request("DELETE", path)
            await children.all_gone()
        ended = [await one.to_end() for one in (of_session, of_task)]

    assert answer.status_code == 204
    assert [frames[-1].event for frames in ended] == ["end", "end"]
    assert ended[0][-1] == DELETED
    for missing in (path, f"{path}/events", f"/api/v1/tasks/{task_id}"):
        assert (await client.request("GET", missing)).status_code == 404
    assert (await client.request("DELETE", path)).status_code == 404
    assert pids_of(task_id) == []


async def test_the_id_of_a_deleted_session_names_a_new_one(
    client: Client, session_id: str
) -> None:
    old = await client.events(await client.submit("echo old", session_id=session_id))
    await client.request("DELETE", f"/api/v1/sessions/{session_id}")

    new = await client.events(await client.submit("echo new", session_id=session_id))
    async with client.stream(
        f"/api/v1/sse?session_id={session_id}", last_event_id=old[3].id
    ) as stream:
        resumed = await stream.until("task_complete")

    assert new[0].data["seq"] == 1
    assert types_of(resumed[:2]) == ["connected", "reset"]
    assert events_of(resumed) == new
    assert "old" not in {frame.data.get("line") for frame in resumed}


async def test_what_was_queued_in_a_deleted_session_never_runs(
    client: Client, session_id: str
) -> None:
    live = await client.submit("echo ready; sleep 600", session_id=session_id)
    async with client.stream("/api/v1/agents/shell/stream") as of_agent:
        async with client.stream(f"/api/v1/tasks/{live}/events") as stream:
            await stream.until("log", line="ready")
        queued = await client.submit("echo never", session_id=session_id)

        await client.request("DELETE", f"/api/v1/sessions/{session_id}")
        last = await client.submit("echo last", session_id=f"{session_id}-b")
        seen = await of_agent.until("task_complete", task_id=last)

    assert not [
        frame
        for frame in seen
        if frame.data.get("task_id") == queued and frame.event in {"task_started", "log"}
    ]


async def test_a_session_can_be_watched_again_after_its_deletion(
    client: Client, session_id: str
) -> None:
    await client.events(await client.submit("true", session_id=session_id))
    await client.request("DELETE", f"/api/v1/sessions/{session_id}")

    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        await stream.take(1)
        await client.submit("echo reborn", session_id=session_id)
        seen = await stream.until("task_complete")

    assert ends_of(seen) == ["task_complete"]
    assert seen[0].data["seq"] == 1
