"""What the command line shows of a question, and what it asks the server."""

import json

import httpx2

from entrypoints.cli.client.pending_questions import (
    pending_questions,
    show_approval,
    show_questions,
)
from entrypoints.cli.client.server_client import Json
from tests.unit.entrypoints.cli.received_events import Pages
from tests.unit.entrypoints.cli.scripted_server import ScriptedServer

ASKED: dict[str, object] = {
    "approval_id": "appr_1",
    "tool_name": "shell",
    "agent": "codex",
    "task_id": "task_1",
    "expires_at": "2026-11-21T10:15:00.000000Z",
    "reason": "it deletes",
    "arguments": {"command": "rm -r x", "depth": 2},
}


def test_an_approval_is_shown_with_all_its_fields() -> None:
    assert _shown(ASKED) == [
        "appr_1  shell",
        "    agent codex, task task_1",
        "    until 2026-11-21T10:15:00.000000Z",
        "    because: it deletes",
        '    command = "rm -r x"',
        "    depth = 2",
    ]


def test_nothing_of_the_arguments_is_cut_or_hidden() -> None:
    command = f"echo {'a' * 500} \x1b[2K\r\n\u202e rm -rf / \x9b1A ä"

    shown = _shown({**ASKED, "arguments": {"command": command}})[-1]

    assert shown.isprintable()
    assert json.loads(shown.removeprefix("    command = ")) == command


async def test_an_answer_is_sent_with_its_reason_only_if_there_is_one() -> None:
    server = ScriptedServer(*(httpx2.Response(200, json={"status": "denied"}) for _ in range(2)))

    await server.client.decide("appr/1", "deny", reason="no")
    await server.client.decide("appr_2", "approve", reason=None)

    asked = [(one.method, one.url.raw_path, json.loads(one.content)) for one in server.requests]
    assert asked == [
        ("POST", b"/api/v1/approvals/appr%2F1", {"decision": "deny", "reason": "no"}),
        ("POST", b"/api/v1/approvals/appr_2", {"decision": "approve"}),
    ]


async def test_a_question_is_open_until_a_message_is_received() -> None:
    asked = {"event_type": "input_required", "task_id": "t", "prompt": "Which?"}
    looked_at = {"event_type": "input_received", "task_id": "t", "kind": "resize"}
    answered = {"event_type": "input_received", "task_id": "t", "kind": "message"}

    assert await _open(asked, looked_at) == [asked]
    assert await _open(asked, answered) == []
    assert await _open(asked, answered, asked) == [asked]


async def test_pending_approvals_and_questions_are_listed_approvals_first() -> None:
    asked = {"event_type": "input_required", "task_id": "t2", "prompt": "Which?"}
    waiting = [{"task_id": task, "status": "waiting"} for task in ("t1", "t2")]
    server = ScriptedServer(
        httpx2.Response(200, json={"items": [ASKED]}),
        httpx2.Response(200, json={"items": waiting}),
        httpx2.Response(200, text=""),
        httpx2.Response(200, text=json.dumps(asked)),
    )

    assert await pending_questions(server.client, task_id=None) == [ASKED, asked]


async def test_a_task_that_is_deleted_while_the_list_is_made_hides_no_other() -> None:
    asked = {"event_type": "input_required", "task_id": "t2", "prompt": "Which?"}
    waiting = [{"task_id": task, "status": "waiting"} for task in ("t1", "t2")]
    server = ScriptedServer(
        httpx2.Response(200, json={"items": []}),
        httpx2.Response(200, json={"items": waiting}),
        httpx2.Response(404, json={"detail": "there is no such task"}),
        httpx2.Response(200, text=json.dumps(asked)),
    )

    assert await pending_questions(server.client, task_id=None) == [asked]


def test_an_empty_list_is_reported_on_stderr() -> None:
    pages, as_json = Pages(), Pages()

    show_questions([], pages.output, as_json=False)
    show_questions([], as_json.output, as_json=True)

    assert pages.items == ("", "nothing waits for an answer\n")
    assert as_json.items == ("", "")


async def _open(*events: dict[str, str]) -> list[Json]:
    server = ScriptedServer(
        httpx2.Response(200, json={"items": []}),
        httpx2.Response(200, json={"task_id": "t", "status": "waiting"}),
        httpx2.Response(200, text="\n".join(map(json.dumps, events))),
    )
    return await pending_questions(server.client, task_id="t")


def _shown(approval: dict[str, object]) -> list[str]:
    pages = Pages()
    show_approval(pages.output, approval)
    return pages.items[0].split("\n")[:-1]
