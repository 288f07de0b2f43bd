"""What is ready is sent: nothing waits for a timer or for the network to fill up."""

import anyio

from tests.e2e.client import Client
from tests.e2e.live_processes import processes_of


async def test_two_hundred_small_answers_in_turn_take_no_time_to_speak_of(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit("true", session_id=session_id)
    await client.events(task_id)

    # A connection that delays small segments takes 40 ms for each: 8 s.
    with anyio.fail_after(7):
        for _ in range(200):
            await client.events(task_id)


async def test_tasks_one_by_one_reach_their_watcher_at_once(
    client: Client, session_id: str
) -> None:
    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        await stream.take(1)
        # A watcher that is found out about by looking once a second would take 25 s.
        with anyio.fail_after(12):
            for number in range(25):
                task_id = await client.submit(f"echo {number}", session_id=session_id)
                await stream.until("task_complete", task_id=task_id)


async def test_an_agents_stream_is_as_prompt_when_it_is_resumed(
    client: Client, session_id: str
) -> None:
    path = "/api/v1/agents/shell/stream"
    async with client.stream(path) as stream:
        await stream.take(1)
        task_id = await client.submit("echo ready; sleep 600", session_id=session_id)
        seen = await stream.until("log", line="ready")

    # Resumed in the middle of a task that says nothing new.
    with anyio.fail_after(12):
        for _ in range(25):
            async with client.stream(path, last_event_id=seen[0].id) as stream:
                await stream.until("log", line="ready")

    await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
    assert (await client.finished(task_id))["status"] == "cancelled"


async def test_deleted_sessions_let_go_of_their_processes_at_once(
    client: Client, session_id: str
) -> None:
    # Workers that only look once a second would take 8 s.
    with anyio.fail_after(7):
        for number in range(8):
            name = f"{session_id}-{number}"
            task_id = await client.submit("echo ready; sleep 600", session_id=name)
            async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                await stream.until("log", line="ready")
            with processes_of(task_id) as children:
                await client.request("DELETE", f"/api/v1/sessions/{name}")
                await children.all_gone()
