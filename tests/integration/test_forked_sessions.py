"""Sessions that begin with the conversation of another one, in the wired graph."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from dependency_injector import providers

from domain.ids import SessionId
from domain.principal import LOCAL
from domain.task import Task
from entrypoints.container import Container
from entrypoints.opened import opened
from entrypoints.settings import Settings
from entrypoints.web_app import web_app
from entrypoints.worker_identity import server_worker
from ports.language_model import AssistantMessage, ModelMessage, TextDelta, UserMessage
from ports.session_store import SessionEdit
from tests.integration.graph import FakeRunner, Graph
from tests.react_fakes import FakeModel


class World:
    def __init__(self, graph: Graph, model: FakeModel, client: httpx2.AsyncClient) -> None:
        self.graph = graph
        self.model = model
        self.client = client

    async def told(self, text: str, *, session: str) -> Task:
        task = await self.graph.submit(text, session=session, agent="react")
        return await self.graph.ended(task)

    async def fork(self, session: str, **body: object) -> Mapping[str, object]:
        response = await self.client.post(f"/{session}/fork", json=body)
        assert response.status_code == 201, response.text
        made: Mapping[str, object] = response.json()
        return made

    def remembered(self) -> Sequence[ModelMessage]:
        """What the model was told last, without its instructions."""
        return self.model.requests[-1].messages[1:]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with _opened(tmp_path) as world:
        yield world


@asynccontextmanager
async def _opened(tmp_path: Path) -> AsyncIterator[World]:
    settings = Settings(
        data_dir=tmp_path, database_url="memory:", default_agent="react", shutdown_s=2.0
    )
    model = FakeModel([TextDelta(text="yes")])
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(model),
        tools=providers.Object([]),
    )
    async with opened(container):
        transport = httpx2.ASGITransport(app=web_app(container))
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8080/api/v1/sessions"
        ) as client:
            yield World(Graph(container, FakeRunner()), model, client)


def turn(text: str) -> Sequence[ModelMessage]:
    return (UserMessage(content=text), AssistantMessage(content="yes"))


async def test_a_fork_remembers_up_to_its_event_and_goes_its_own_way(world: World) -> None:
    first = await world.told("one", session="s")
    await world.told("two", session="s")

    forked = await world.fork("s", at_seq=first.last_seq, session_id="t", title="another way")
    await world.told("three", session="t")

    assert world.remembered() == (*turn("one"), UserMessage(content="three"))
    assert (forked["session_id"], forked["title"]) == ("t", "another way")
    assert (forked["first_seq"], forked["last_seq"]) == (1, 0)
    await world.told("four", session="s")
    assert world.remembered() == (*turn("one"), *turn("two"), UserMessage(content="four"))


async def test_a_fork_of_a_fork_remembers_both(world: World) -> None:
    await world.told("one", session="s")
    await world.fork("s", session_id="t")
    await world.told("two", session="t")
    await world.fork("t", session_id="u")

    await world.told("three", session="u")

    assert world.remembered() == (*turn("one"), *turn("two"), UserMessage(content="three"))


async def test_a_fork_of_what_was_deleted_remembers_nothing_of_a_namesake(world: World) -> None:
    await world.told("one", session="s")
    await world.fork("s", session_id="t")
    await world.client.delete("/s")
    await world.told("another one", session="s")

    await world.told("two", session="t")

    assert world.remembered() == (UserMessage(content="two"),)


async def test_sessions_that_name_each_other_as_their_origin_end_somewhere(world: World) -> None:
    await world.told("one", session="s")
    forked = await world.fork("s", session_id="t")
    await world.client.patch("/s", json={"metadata": forked["metadata"]})

    await world.told("two", session="t")

    assert world.remembered() == (*turn("one"), UserMessage(content="two"))


async def test_only_an_event_that_is_there_can_be_forked_at(world: World) -> None:
    task = await world.told("one", session="s")
    assert task.last_seq is not None
    sessions = world.graph.container.sessions()
    await sessions.create(LOCAL, SessionId("empty"), SessionEdit())

    beyond = await world.client.post("/s/fork", json={"at_seq": task.last_seq + 1})
    empty = await world.client.post("/empty/fork")
    unknown = await world.client.post("/nobodys/fork")
    taken = await world.client.post("/s/fork", json={"session_id": "empty"})

    assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "at_seq")
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "at_seq")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "session_not_found")
    assert (taken.status_code, taken.json()["code"]) == (409, "session_exists")
