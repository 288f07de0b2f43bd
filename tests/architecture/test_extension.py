"""A kind of agent of one's own: one runner for the container and one profile in the settings."""

import re
import runpy
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import httpx2
import pytest
from benchmarks.serve_pulse import add_pulse
from dependency_injector.providers import Object
from fastapi import APIRouter
from starlette.types import Message, Receive, Scope, Send

from adapters.http.app import with_lifespan
from application.serving.submit_task import SubmitTask
from application.watching.history import HistoryOf
from application.watching.stream_request import FromNow
from domain.ids import AgentName
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.agent_settings import AgentSettings
from entrypoints.settings.settings import Settings
from tests.patience import PATIENCE_S
from tests.unit.sse_parser import strict_json

STAMP = re.compile(r"_m=(\d{10})\.\d{20} +")


def extended(folder: Path) -> Container:
    settings = Settings(
        data_dir=folder, database_url="memory:", agents={"pulse": AgentSettings(kind="pulse")}
    )
    container = Container(
        settings=settings, worker_settings=server_worker(settings, instance="test")
    )
    add_pulse(container)
    return container


async def ended(container: Container, text: str) -> Task:
    coordinator = container.server.coordinator()
    request = SubmitTask(text=text, agent=AgentName("pulse"))
    task = (await coordinator.submit(LOCAL, request)).task
    with anyio.fail_after(PATIENCE_S):
        return await coordinator.finished(LOCAL, task.task_id, timeout_s=PATIENCE_S)


async def test_a_runner_that_was_added_carries_out_the_tasks_of_its_kind(tmp_path: Path) -> None:
    container = extended(tmp_path)

    async with opened(container):
        task = await ended(container, '{"count": 3, "burst": 2, "rate": 1000, "bytes": 80}')
        logs = HistoryOf(session_key=task.session_key, event_types=frozenset({"log"}))
        page = await container.streams.history().page(logs, FromNow(), limit=10)

    assert task.status is TaskStatus.COMPLETED
    lines = [str(strict_json(body)["line"]) for body in page.bodies]
    stamps = [STAMP.fullmatch(line) for line in lines]
    assert [stamp and stamp[1] for stamp in stamps] == ["0000000000", "0000000001", "0000000002"]
    assert {len(line) for line in lines} == {80}


async def test_the_agents_that_were_there_stay(tmp_path: Path) -> None:
    async with opened(container := extended(tmp_path)):
        agents = await container.server.known_agents().list(LOCAL)

    assert {"pulse", "react", "shell"} < {agent.profile.name for agent in agents}
    assert {"pulse", "react", "shell", "command"} < set(container.agents.runners())


async def test_a_text_that_the_runner_cannot_read_fails_the_task(tmp_path: Path) -> None:
    async with opened(container := extended(tmp_path)):
        task = await ended(container, '{"rate": 5}')

    assert (task.status, task.reason) == (TaskStatus.FAILED, "agent_error")


async def test_a_route_that_was_added_answers_under_both_prefixes(tmp_path: Path) -> None:
    container = extended(tmp_path)
    router = APIRouter()
    router.add_api_route("/teapot", lambda: "short and stout")
    container.http.routers.add_args(router)

    transport = httpx2.ASGITransport(app=container.http.application())
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answers = [await client.get(path) for path in ("/api/v1/teapot", "/api/teapot")]

    assert [answer.json() for answer in answers] == ["short and stout"] * 2


async def test_another_application_is_open_as_long_as_it_is_served(tmp_path: Path) -> None:
    container = extended(tmp_path)
    accepted: list[bool] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        accepted.append(container.server.coordinator().is_accepting)

    container.http.application.override(Object(application))
    served = with_lifespan(container.http.application(), partial(opened, container))
    asked = iter(("lifespan.startup", "lifespan.shutdown"))
    answered: list[str] = []

    async def receive() -> Message:
        if answered:
            await served({"type": "http"}, receive, send)
        return {"type": next(asked)}

    async def send(message: Message) -> None:
        answered.append(message["type"])

    with anyio.fail_after(PATIENCE_S):
        await served({"type": "lifespan"}, receive, send)
    await served({"type": "http"}, receive, send)

    assert answered == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert accepted == [True, False]


@pytest.mark.parametrize("name", ["add_alarm", "keep_nothing"])
async def test_the_examples_of_the_guide_work_as_they_stand(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    container = extended(tmp_path)
    example(name, tmp_path)(container)

    async with opened(container):
        await ended(container, '{"rate": 5}')

    is_printed = " of pulse failed: agent_error" in capsys.readouterr().out
    assert is_printed is (name == "add_alarm")


def example(name: str, folder: Path) -> Callable[[Container], None]:
    """The function of that name in the code of the guide."""
    found: Callable[[Container], None] = runpy.run_path(str(program(name, folder)))[name]
    return found


def program(name: str, folder: Path) -> Path:
    """The code of the guide that has a function of that name, as a file."""
    guide = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    [code] = [block for block in blocks if f"def {name}(" in block]
    file = folder / "extension.py"
    file.write_text(code)
    return file
