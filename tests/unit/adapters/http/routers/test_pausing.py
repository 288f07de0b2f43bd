"""The routes that have tasks rest and go on, and the same commands over a WebSocket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI

from adapters.http.app import error_handlers
from adapters.http.problems.problem import Problem
from adapters.http.requests.caller import caller_by
from adapters.http.routers.tasks import pausing_router
from adapters.http.websocket.commands import Answer, WsCommands
from adapters.http.websocket.messages import CommandMessage, client_message
from application.asking.approvals import Approvals
from domain.errors import StateConflict, TaskNotFound
from domain.principal import LOCAL
from domain.task import TaskStatus
from tests.approval_fakes import FakeApprovals
from tests.http_app import FakeAuthenticator
from tests.notifiers import notifier_without_watchers
from tests.pausing_fakes import FakePausing
from tests.terminal_fakes import FakeTerminals
from tests.unit.adapters.http.fake_coordinator import FakeCoordinator

PAUSE, RESUME = "/tasks/task_1/pause", "/tasks/task_1/resume"


@asynccontextmanager
async def client_of(pausing: FakePausing) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI(exception_handlers=error_handlers())
    app.include_router(pausing_router(pausing=pausing.use, caller=caller_by(FakeAuthenticator())))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_the_command_does_and_answers_as_the_route() -> None:
    pausing = FakePausing()
    async with client_of(pausing) as client:
        routes = [await client.post(path) for path in (PAUSE, RESUME)]

    paused = await command_result(pausing, "pause", task_id="task_1")
    is_wanted = pausing.run.pauses.is_wanted
    resumed = await command_result(pausing, "resume", task_id="task_1")

    assert [(one.status_code, one.json()) for one in routes] == [
        (paused.status, paused.body),
        (resumed.status, resumed.body),
    ]
    assert paused.status == 202
    assert (is_wanted, pausing.run.pauses.is_wanted) == (True, False)


async def test_the_answer_leads_to_what_would_be_accepted_next() -> None:
    pausing = FakePausing()

    paused = await command_result(pausing, "pause", task_id="task_1")
    resumed = await command_result(pausing, "resume", task_id="task_1")

    links = [_links(answer) for answer in (paused, resumed)]
    assert ["pause" in one for one in links] == [False, True]
    assert ["resume" in one for one in links] == [True, False]


async def test_the_command_is_refused_as_the_route() -> None:
    pausing = FakePausing()
    pausing.is_now(TaskStatus.COMPLETED)
    async with client_of(pausing) as client:
        answers = [await client.post(path) for path in (PAUSE, RESUME, "/tasks/none/pause")]

    assert [answer.status_code for answer in answers] == [409, 409, 404]
    for name in ("pause", "resume"):
        with pytest.raises(StateConflict, match="the task is completed"):
            await command_result(pausing, name, task_id="task_1")
        with pytest.raises(TaskNotFound):
            await command_result(pausing, name, task_id="none")


@pytest.mark.parametrize("name", ["pause", "resume"])
@pytest.mark.parametrize(
    ("fields", "field"),
    [({}, "task_id"), ({"task_id": 1}, "task_id"), ({"task_id": "task_1", "mode": "x"}, "mode")],
)
async def test_a_wrong_command_is_refused_by_its_field(
    name: str, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(Problem) as refused:
        await command_result(FakePausing(), name, **fields)

    assert refused.value.status == 422
    assert [error.field for error in refused.value.errors] == [field]


def _links(answer: Answer) -> Mapping[str, object]:
    links = answer.body["links"]
    assert isinstance(links, Mapping)
    return links


async def command_result(pausing: FakePausing, name: str, **fields: object) -> Answer:
    commands = WsCommands(
        coordinator=FakeCoordinator(),
        approvals=Approvals(store=FakeApprovals().store, notifier=notifier_without_watchers()),
        terminals=FakeTerminals().use,
        pausing=pausing.use,
    )
    command = client_message({"type": name, **fields})
    assert isinstance(command, CommandMessage)
    return await commands.run(LOCAL, command)
