"""The ways to submit a task: and go, and wait, and watch, and try again."""

import anyio

from tests.e2e.client import Client, events_of, types_of
from tests.e2e.sse_reader import Json
from tests.patience import PATIENCE_S


async def test_a_client_may_wait_for_the_end_of_its_task(client: Client, session_id: str) -> None:
    answer = await client.request(
        "POST",
        "/api/v1/tasks",
        json=_body("echo answer; exit 3", session_id),
        prefer="wait=10",
    )

    task: Json = answer.json()
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=10"
    assert answer.headers["location"] == f"/api/v1/tasks/{task['task_id']}"
    assert (task["status"], task["reason"]) == ("failed", "exit_code")
    assert task == await client.get(f"/api/v1/tasks/{task['task_id']}")


async def test_a_task_shows_why_it_failed_and_what_its_rules_found_last(
    client: Client, session_id: str
) -> None:
    rules = [
        {"name": "port", "pattern": r"port (\d+)", "types": {"value": "integer"}},
        {"name": "absent", "pattern": "nothing of the kind"},
    ]
    body = _body("echo port 80; echo port 8080; exit 3", session_id) | {"extraction": rules}

    answer = await client.request("POST", "/api/v1/tasks", json=body, prefer="wait=10")

    task: Json = answer.json()
    final = (await client.events(str(task["task_id"])))[-1].data
    listed = await client.get(f"/api/v1/tasks?session_id={session_id}")
    assert task["result"] == {"exit_code": 3, "extractions": {"port": 8080}}
    assert "3" in str(task["error"])
    assert task["error"] == final["error"]
    assert listed["items"] == [task]


async def test_a_wait_that_is_too_short_answers_that_the_task_is_accepted(
    client: Client, session_id: str
) -> None:
    answer = await client.request(
        "POST", "/api/v1/tasks", json=_body("sleep 600", session_id), prefer="wait=1"
    )

    assert answer.status_code == 202
    task_id = answer.json()["task_id"]
    await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
    assert (await client.finished(task_id))["status"] == "cancelled"


async def test_a_submission_may_be_answered_with_its_own_stream(
    client: Client, session_id: str
) -> None:
    body = _body("echo streamed", session_id)
    async with client.stream("/api/v1/tasks", method="POST", json=body) as stream:
        seen = await stream.to_end()

    assert stream.status == 200
    assert types_of(seen[:2]) == ["connected", "task_queued"]
    assert types_of(seen[-2:]) == ["task_complete", "end"]
    assert stream.headers["location"] == f"/api/v1/tasks/{seen[1].data['task_id']}"
    assert events_of(seen) == await client.events(str(seen[1].data["task_id"]))


async def test_a_hundred_submissions_with_one_key_make_one_task(
    client: Client, session_id: str
) -> None:
    answers: list[tuple[int, object]] = []

    async def submit() -> None:
        answer = await client.request(
            "POST",
            "/api/v1/tasks",
            json=_body("echo once", session_id),
            idempotency_key=f"key of {session_id}",
        )
        answers.append((answer.status_code, answer.json()["task_id"]))

    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(submit)

    assert set(answers) == {(202, answers[0][1])}
    await client.events(str(answers[0][1]))
    tasks = await client.get(f"/api/v1/tasks?session_id={session_id}")
    items = tasks["items"]
    assert isinstance(items, list)
    assert [task["task_id"] for task in items] == [answers[0][1]]


async def test_a_key_used_for_another_request_is_refused(client: Client, session_id: str) -> None:
    key = f"key of {session_id}"
    first = await client.request(
        "POST", "/api/v1/tasks", json=_body("echo one", session_id), idempotency_key=key
    )

    second = await client.request(
        "POST", "/api/v1/tasks", json=_body("echo two", session_id), idempotency_key=key
    )

    assert first.status_code == 202
    assert second.status_code == 422
    assert second.json()["code"] == "idempotency_key_reused"
    assert [error["field"] for error in second.json()["errors"]] == ["Idempotency-Key"]


async def test_a_repeat_may_be_waited_for_and_streamed_too(
    client: Client, session_id: str
) -> None:
    headers = {"idempotency_key": f"key of {session_id}"}
    body = _body("echo again", session_id)
    first = await client.request("POST", "/api/v1/tasks", json=body, prefer="wait=10", **headers)
    again = await client.request("POST", "/api/v1/tasks", json=body, prefer="wait=10", **headers)
    streamed = await client.request(
        "POST", "/api/v1/tasks", json=body, accept="text/event-stream", **headers
    )

    assert again.json() == first.json()
    assert streamed.text.count("event: task_complete\n") == 1


async def test_a_session_is_made_when_none_is_named(client: Client) -> None:
    answer = await client.request("POST", "/api/v1/tasks", json={"task": "true", "agent": "shell"})

    task: Json = answer.json()
    session = await client.get(f"/api/v1/sessions/{task['session_id']}")
    assert answer.status_code == 202
    assert session["session_id"] == task["session_id"]


async def test_a_task_that_ended_may_be_tried_again(client: Client, session_id: str) -> None:
    first = await client.submit("echo try", session_id=session_id)
    await client.events(first)

    answer = await client.request("POST", f"/api/v1/tasks/{first}/retry")

    second = await client.finished(answer.json()["task_id"])
    assert answer.status_code == 202
    assert (second["retry_of"], second["status"]) == (first, "completed")


def _body(task: str, session_id: str) -> Json:
    return {"task": task, "session_id": session_id, "agent": "shell"}


async def test_an_answer_with_half_a_character_leaves_the_list_readable(
    client: Client, session_id: str
) -> None:
    body = {"task": 'script:\nanswer "\\ud800 x"', "session_id": session_id}

    waited = await client.request("POST", "/api/v1/tasks", json=body, prefer="wait=10")
    listed = await client.get(f"/api/v1/tasks?session_id={session_id}")

    task: Json = waited.json()
    assert task["result"] == {"final_answer": "\ufffd x"}
    assert listed["items"] == [task]
