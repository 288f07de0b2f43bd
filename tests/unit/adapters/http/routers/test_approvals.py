"""The routes of what agents ask to be allowed, and the same command over a WebSocket."""

import pytest

from adapters.http.problems.problem import Problem
from adapters.http.websocket.commands import Answer, WsCommands
from adapters.http.websocket.messages import CommandMessage, client_message
from application.asking.approvals import Approvals
from domain.approval import ApprovalDecision
from domain.errors import ApprovalAnswered
from domain.principal import LOCAL
from tests.approval_fakes import FakeApprovals
from tests.contract.store_harness import BOB
from tests.http_app import World
from tests.notifiers import notifier_without_watchers
from tests.pausing_fakes import FakePausing
from tests.terminal_fakes import FakeTerminals
from tests.unit.adapters.http.fake_coordinator import FakeCoordinator

NO = ApprovalDecision(decision="denied", by="ann")


async def test_what_is_asked_is_shown_whole() -> None:
    world = World()
    asked = await world.asked.ask()
    async with world.client() as client:
        response = await client.get(f"/api/v1/approvals/{asked.approval_id}")

    path = f"/api/v1/approvals/{asked.approval_id}"
    assert response.status_code == 200
    assert response.json() == {
        "approval_id": asked.approval_id,
        "task_id": asked.task_id,
        "session_id": "talk",
        "agent": "fake",
        "call_id": "call_1",
        "tool_name": "shell",
        "arguments": {"command": "rm -r x"},
        "fingerprint": "f1",
        "reason": "it deletes",
        "status": "pending",
        "created_at": "2026-11-21T10:00:00.000000Z",
        "expires_at": "2026-11-21T10:15:00.000000Z",
        "links": {
            "self": path,
            "task": f"/api/v1/tasks/{asked.task_id}",
            "session": "/api/v1/sessions/talk",
        },
    }


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("deny", "denied")])
async def test_an_approval_is_answered_once(decision: str, status: str) -> None:
    world = World()
    asked = await world.asked.ask()
    async with world.client() as client:
        path, body = (
            f"/api/v1/approvals/{asked.approval_id}",
            {"decision": decision, "reason": "why"},
        )
        first, second = [await client.post(path, json=body) for _ in range(2)]

    answer = first.json()
    assert (first.status_code, answer["status"]) == (200, status)
    assert (answer["decided_by"], answer["decided_reason"]) == ("local", "why")
    assert answer["decided_at"] == "2026-11-21T10:00:00.000000Z"
    assert (second.status_code, second.json()["code"]) == (409, "approval_answered")
    assert second.json()["detail"] == f"it was {status} before"


async def test_an_answer_that_is_too_late_is_gone() -> None:
    world = World()
    asked = await world.asked.ask()
    world.asked.clock.advance(900)
    async with world.client() as client:
        path = f"/api/v1/approvals/{asked.approval_id}"
        response = await client.post(path, json={"decision": "approve"})

    assert (response.status_code, response.json()["code"]) == (410, "approval_expired")


async def test_anothers_approval_reads_like_none() -> None:
    world = World()
    others = await world.asked.ask(principal=BOB)
    async with world.client() as client:
        paths = [f"/api/v1/approvals/{name}" for name in (others.approval_id, "none", "n%20k")]
        answers = [await client.get(path) for path in paths]
        answers += [await client.post(path, json={"decision": "deny"}) for path in paths]

    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert bodies[0]["code"] == "approval_not_found"
    assert all(body == bodies[0] for body in bodies)


async def test_the_list_can_be_narrowed_and_turned_over() -> None:
    world = World()
    asked = [await world.asked.ask() for _ in range(3)]
    await world.asked.ask(decision=NO)
    async with world.client() as client:
        pending = (await client.get("/api/v1/approvals?status=pending&limit=2")).json()
        cursor = pending["next_cursor"]
        rest = (await client.get(f"/api/v1/approvals?status=pending&cursor={cursor}")).json()
        of_task = (await client.get(f"/api/v1/approvals?task_id={asked[0].task_id}")).json()

    ids = [item["approval_id"] for item in pending["items"] + rest["items"]]
    assert ids == [one.approval_id for one in reversed(asked)]
    assert "next_cursor" not in rest
    assert [item["approval_id"] for item in of_task["items"]] == [asked[0].approval_id]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "approved"}, "decision"),
        ({"decision": "deny", "reason": ""}, "reason"),
        ({"decision": "deny", "reason": "x" * 1001}, "reason"),
        ({"decision": "approve", "arguments": {}}, "arguments"),
    ],
)
async def test_a_wrong_answer_is_refused_by_its_field(body: dict[str, object], field: str) -> None:
    world = World()
    asked = await world.asked.ask()
    async with world.client() as client:
        response = await client.post(f"/api/v1/approvals/{asked.approval_id}", json=body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("query", ["status=open", "status=", "task_id=n%20k", "colour=red"])
async def test_a_wrong_query_is_refused(query: str) -> None:
    async with World().client() as client:
        response = await client.get(f"/api/v1/approvals?{query}")

    assert response.status_code == 400


async def test_the_command_over_a_websocket_does_and_answers_the_same() -> None:
    asked = FakeApprovals()
    question = await asked.ask()

    answer = await _approve(asked, approval_id=question.approval_id, decision="approve")

    assert (answer.status, answer.body["status"]) == (200, "approved")
    with pytest.raises(ApprovalAnswered):
        await _approve(asked, approval_id=question.approval_id, decision="deny")


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"decision": "deny"}, "approval_id"), ({"approval_id": "a"}, "decision")],
)
async def test_a_command_that_lacks_a_field_is_refused_by_it(
    fields: dict[str, object], field: str
) -> None:
    with pytest.raises(Problem) as refused:
        await _approve(FakeApprovals(), **fields)

    assert refused.value.status == 422
    assert [error.field for error in refused.value.errors] == [field]


async def _approve(asked: FakeApprovals, **fields: object) -> Answer:
    commands = WsCommands(
        coordinator=FakeCoordinator(),
        approvals=Approvals(store=asked.store, notifier=notifier_without_watchers()),
        terminals=FakeTerminals().use,
        pausing=FakePausing().use,
    )
    command = client_message({"type": "approve", **fields})
    assert isinstance(command, CommandMessage)
    return await commands.run(LOCAL, command)
