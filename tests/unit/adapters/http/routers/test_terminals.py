"""The routes of terminals, and the same command over a WebSocket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI

from adapters.http.app import error_handlers
from adapters.http.problems.problem import Problem
from adapters.http.requests.caller import caller_by
from adapters.http.routers.terminal import terminal_router
from adapters.http.websocket.commands import Answer, WsCommands
from adapters.http.websocket.messages import CommandMessage, client_message
from application.asking.approvals import Approvals
from application.watching.stream_cap import StreamCap
from domain.principal import LOCAL
from domain.task import TaskStatus
from tests.approval_fakes import FakeApprovals
from tests.http_app import FakeAuthenticator
from tests.notifiers import notifier_without_watchers
from tests.pausing_fakes import FakePausing
from tests.terminal_fakes import FakeTerminals
from tests.unit.adapters.http.fake_coordinator import FakeCoordinator

SCREEN = "/tasks/task_1/screen"
INPUT = "/tasks/task_1/input"


@asynccontextmanager
async def client_of(terminals: FakeTerminals, cap: StreamCap) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI(exception_handlers=error_handlers())
    caller = caller_by(FakeAuthenticator())
    app.include_router(terminal_router(terminals=terminals.use, caller=caller, cap=cap, ping_s=5))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_a_screen_comes_in_the_form_that_is_accepted() -> None:
    terminals = FakeTerminals()
    async with terminals.run() as terminal, client_of(terminals, StreamCap(most=1)) as client:
        await terminal.feed("\x1b]0;work\x07one\n\n\x1b[31mtwo")
        text = await client.get(SCREEN)
        json = await client.get(SCREEN, headers={"accept": "application/json"})

    assert text.text == "one\n\ntwo\n"
    assert json.json() == {
        "lines": ["one", "", "two", ""],
        "cursor": {"row": 2, "column": 3},
        "rows": 4,
        "columns": 20,
        "title": "work",
    }


async def test_a_stream_has_a_place_under_the_cap_until_its_end() -> None:
    terminals, cap = FakeTerminals(), StreamCap(most=1)
    async with terminals.run() as terminal:
        await terminal.feed("done")
    async with client_of(terminals, cap) as client:
        asked = {"accept": "text/event-stream"}
        streamed = await client.get(SCREEN, headers=asked)
        admitted = cap.admit(LOCAL)
        refused = await client.get(SCREEN, headers=asked)
        admitted.release()

    frame, end, rest = streamed.text.split("\n\n")
    assert frame.startswith('event: screen\ndata: {"lines":["done","","",""],')
    assert (end, rest) == ('event: end\ndata: {"reason":"task_finished"}', "")
    assert (refused.status_code, cap.open) == (429, 0)


async def test_a_stream_that_is_refused_takes_no_place() -> None:
    terminals, cap = FakeTerminals(), StreamCap(most=1)
    async with client_of(terminals, cap) as client:
        answer = await client.get(SCREEN, headers={"accept": "text/event-stream"})

    assert (answer.status_code, cap.open) == (409, 0)


async def test_a_request_before_the_start_gets_a_retry_after() -> None:
    terminals = FakeTerminals()
    terminals.is_now(TaskStatus.QUEUED)
    async with client_of(terminals, StreamCap(most=1)) as client:
        early = await client.get(SCREEN)
        terminals.is_now(TaskStatus.COMPLETED)
        late = await client.get(SCREEN)

    assert (early.status_code, early.headers["retry-after"]) == (409, "1")
    assert (late.status_code, "retry-after" in late.headers) == (409, False)


async def test_input_over_a_websocket_is_that_over_http() -> None:
    terminals = FakeTerminals()
    async with terminals.run():
        answer = await command_result(
            terminals, task_id="task_1", kind="keys", data=["a", "enter"]
        )

    assert answer == Answer(status=202, body={"task_id": "task_1", "kind": "keys"})
    assert terminals.process.typed == [b"a\r"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "eof"}, 422),
        ({"task_id": "task_1", "kind": "nothing"}, 422),
        ({"task_id": "task_1", "kind": "keys", "data": ["x" * 40_000, "y" * 40_000]}, 413),
    ],
)
async def test_input_that_cannot_be_used_is_refused(
    fields: dict[str, object], status: int
) -> None:
    with pytest.raises(Problem) as refused:
        await command_result(FakeTerminals(), **fields)

    assert refused.value.status == status


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"kind"}),
        ({"kind": "nothing"}, {"kind"}),
        ({"kind": "message"}, {"data"}),
        ({"kind": "keys", "data": 5}, {"data"}),
        ({"kind": "keys", "data": ["a", ""]}, {"data", "data.1"}),
        ({"kind": "resize", "data": {"rows": 0}}, {"data.rows", "data.columns"}),
        ({"kind": "eof", "date": 1}, {"date"}),
    ],
)
async def test_a_wrong_field_of_input_is_named_as_it_was_sent(
    body: dict[str, object], fields: set[str]
) -> None:
    async with client_of(FakeTerminals(), StreamCap(most=1)) as client:
        answer = await client.post(INPUT, json=body)
    with pytest.raises(Problem) as refused:
        await command_result(FakeTerminals(), task_id="task_1", **body)

    assert {error["field"] for error in answer.json()["errors"]} == fields
    assert {error.field for error in refused.value.errors} == fields


async def command_result(terminals: FakeTerminals, **fields: object) -> Answer:
    commands = WsCommands(
        coordinator=FakeCoordinator(),
        approvals=Approvals(store=FakeApprovals().store, notifier=notifier_without_watchers()),
        terminals=terminals.use,
        pausing=FakePausing().use,
    )
    command = client_message({"type": "input", **fields})
    assert isinstance(command, CommandMessage)
    return await commands.run(LOCAL, command)
