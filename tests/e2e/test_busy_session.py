"""A second task for a session that is at work already."""

from tests.e2e.client import Client, ends_of, types_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of


async def test_tasks_of_one_session_run_one_after_another(client: Client, session_id: str) -> None:
    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        first = await client.submit(f"{OPEN_GATE}; {PASS}", session_id=session_id)
        gate = await gate_of(stream)
        others = [await client.submit(f"echo {n}", session_id=session_id) for n in range(3)]
        waiting = [(await client.get(f"/api/v1/tasks/{other}"))["status"] for other in others]
        gate.let_pass()
        await stream.until("task_complete", task_id=others[-1])

    assert waiting == ["queued"] * 3
    turns = [
        (frame.event, frame.data["task_id"])
        for frame in stream.seen
        if frame.event in {"task_started", "task_complete"}
    ]
    assert turns == [
        (event, task_id)
        for task_id in [first, *others]
        for event in ("task_started", "task_complete")
    ]


async def test_a_submission_that_would_not_wait_is_refused(
    client: Client, session_id: str
) -> None:
    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        await client.submit(f"{OPEN_GATE}; {PASS}", session_id=session_id)
        gate = await gate_of(stream)
        body = {"task": "true", "session_id": session_id, "agent": "shell", "on_busy": "reject"}
        refused = await client.request("POST", "/api/v1/tasks", json=body)
        gate.let_pass()
        await stream.until("task_complete")
    accepted = await client.request("POST", "/api/v1/tasks", json=body)

    assert (refused.status_code, refused.json()["code"]) == (409, "session_busy")
    assert accepted.status_code == 202
    assert (await client.finished(accepted.json()["task_id"]))["status"] == "completed"


async def test_a_submission_that_will_not_wait_takes_the_session_over(
    client: Client, session_id: str
) -> None:
    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        first = await client.submit("echo ready; sleep 600", session_id=session_id)
        await stream.until("log", line="ready")

        second = await client.submit("echo mine", session_id=session_id, on_busy="interrupt")
        seen = await stream.until("task_complete", task_id=second)

    old = [frame for frame in seen if frame.data["task_id"] == first]
    assert ends_of(old) == ["task_cancelled"]
    assert old[-1].data["reason"] == "superseded"
    assert types_of(seen).index("task_cancelled") < types_of(seen).index("task_started")
    assert (await client.get(f"/api/v1/tasks/{first}"))["reason"] == "superseded"
