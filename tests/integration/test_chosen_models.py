"""Tasks that name the model they are to be done with, in the wired graph."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from application.serving.submit_task import SubmitTask
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.language_model import TextDelta
from ports.runner import Completed, Outcome, RunContext
from tests.integration.graph import FakeRunner, Graph, for_ever, running
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeModel, usage

PLACE = ("x", "--model={model}")
FAKE = AgentProfile(name=AgentName("fake"), kind="fake", argv=PLACE)
OWN = AgentProfile(name=AgentName("own"), kind="react", model="of-the-profile")
DURABLE = replace(FAKE, name=AgentName("durable"), on_lost="requeue", max_attempts=2)


async def answer_model(task: Task, context: RunContext) -> Outcome:
    return Completed(final_answer=str(context.profile.model))


async def submit(
    graph: Graph, *, agent: str, model: str | None, text: str = "work", session: str = "s"
) -> Task:
    request = SubmitTask(
        text=text, session_id=SessionId(session), agent=AgentName(agent), model=model
    )
    return (await graph.coordinator.submit(LOCAL, request)).task


def answer_of(task: Task) -> str | None:
    assert task.result is not None
    return task.result.final_answer


@asynccontextmanager
async def reacting(tmp_path: Path, model: FakeModel) -> AsyncIterator[Graph]:
    settings = Settings(
        data_dir=tmp_path, database_url="memory:", default_agent="react", shutdown_s=2.0
    )
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(model),
        tools=providers.Object([]),
        profiles=providers.Object([AgentProfile(name=AgentName("react"), kind="react"), OWN]),
    )
    async with opened(container):
        yield Graph(container, FakeRunner())


async def test_the_tasks_model_goes_before_the_profiles_and_that_before_the_servers(
    tmp_path: Path,
) -> None:
    model = FakeModel([TextDelta(text="yes")])
    async with reacting(tmp_path, model) as graph:
        for agent, named in (("own", "of-the-task"), ("own", None), ("react", None)):
            await graph.ended(await submit(graph, agent=agent, model=named))

    assert [each.model for each in model.requests] == ["of-the-task", "of-the-profile", None]


async def test_tokens_are_counted_under_the_model_that_answered(tmp_path: Path) -> None:
    answered = replace(usage(10, 5), model="m-2026-11-21")
    async with reacting(tmp_path, FakeModel([TextDelta(text="yes"), answered])) as graph:
        task = await submit(graph, agent="react", model="m")
        await graph.ended(task)
        models = [e["model"] for e in await graph.events(task) if e["event_type"] == "token_usage"]

    assert (task.model, models) == ("m", ["m-2026-11-21"])


async def test_a_retry_is_done_with_the_same_model(tmp_path: Path) -> None:
    async with running(tmp_path, profiles=providers.Object([FAKE])) as graph:
        graph.runner.acts["work"] = answer_model
        first = await graph.ended(await submit(graph, agent="fake", model="m"))

        again = (await graph.coordinator.retry(LOCAL, first.task_id)).task

        assert (first.model, again.model) == ("m", "m")
        assert answer_of(await graph.ended(again)) == "m"


async def test_a_task_that_is_queued_again_keeps_its_model(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/s.db",
        default_agent="durable",
        shutdown_s=2.0,
    )
    swaps = {"settings": settings, "profiles": providers.Object([DURABLE])}
    with anyio.fail_after(PATIENCE_S):
        async with running(tmp_path, **swaps) as graph:
            graph.runner.acts["work"] = for_ever
            task = await submit(graph, agent="durable", model="m")
            await graph.runner.has_started(task)

        async with running(tmp_path, **swaps) as graph:
            graph.runner.acts["work"] = answer_model
            assert answer_of(await graph.ended(task)) == "m"


async def test_an_agent_without_a_use_for_it_refuses_a_model(tmp_path: Path) -> None:
    plain = replace(FAKE, argv=("x",))
    async with running(tmp_path, profiles=providers.Object([plain])) as graph:
        with pytest.raises(InvalidInput, match="takes no model") as refused:
            await submit(graph, agent="fake", model="m")

    assert refused.value.field == "model"


async def test_what_operators_forbid_while_a_task_waits_fails_it(tmp_path: Path) -> None:
    may_end = asyncio.Event()

    async def wait(task: Task, context: RunContext) -> Outcome:
        await may_end.wait()
        return Completed(final_answer="")

    async with running(tmp_path, profiles=providers.Object([FAKE])) as graph:
        graph.runner.acts["wait"] = wait
        with anyio.fail_after(PATIENCE_S):
            await submit(graph, agent="fake", model=None, text="wait")
            task = await submit(graph, agent="fake", model="m")
            stricter = replace(FAKE, models=("other",), source="api")
            await graph.container.server.known_agents().put(LOCAL, stricter)
            may_end.set()
            ended = await graph.ended(task)

    assert (ended.status, ended.reason) == (TaskStatus.FAILED, "start_failed")
