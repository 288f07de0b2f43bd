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
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.language_model import AssistantMessage, ModelMessage, TextDelta, UserMessage
from ports.session_store import SessionEdit
from tests.integration.graph import FakeRunner, Graph
from tests.react_fakes import FakeModel


class World:
    def __init__(self, graph: Graph, model: FakeModel, client: httpx2.AsyncClient) -> None:
        self.graph = graph
        self.model = model
        self.client = client

    async def answered(self, text: str, *, session: str) -> Task:
        task = await self.graph.submit(text, session=session, agent="react")
        return await self.graph.ended(task)

    async def fork(self, session: str, **body: object) -> Mapping[str, object]:
        response = await self.client.post(f"/{session}/fork", json=body)
        assert response.status_code == 201, response.text
        made: Mapping[str, object] = response.json()
        return made

    async def messages(self, session: str, *, limit: int = 50) -> Sequence[tuple[object, ...]]:
        """All pages of messages: the session each was inherited from, its role and its text."""
        found: list[tuple[object, ...]] = []
        query: dict[str, str | int] = {"limit": limit}
        while True:
            page = (await self.client.get(f"/{session}/messages", params=query)).json()
            found += [(m.get("inherited_from"), m["role"], m["content"]) for m in page["items"]]
            if "next_cursor" not in page:
                return found
            query["cursor"] = page["next_cursor"]

    def remembered(self) -> Sequence[ModelMessage]:
        """The last messages that the model got, without its instructions."""
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
        transport = httpx2.ASGITransport(app=container.http.application())
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8080/api/v1/sessions"
        ) as client:
            yield World(Graph(container, FakeRunner()), model, client)


def turn(text: str) -> Sequence[ModelMessage]:
    return (UserMessage(content=text), AssistantMessage(content="yes"))


def exchange(text: str, *, in_session: str | None = None) -> Sequence[tuple[object, ...]]:
    return [(in_session, "user", text), (in_session, "assistant", "yes")]


async def test_a_fork_remembers_up_to_its_event_and_goes_its_own_way(world: World) -> None:
    first = await world.answered("one", session="s")
    await world.answered("two", session="s")

    forked = await world.fork("s", at_seq=first.last_seq, session_id="t", title="another way")
    await world.answered("three", session="t")

    assert world.remembered() == (*turn("one"), UserMessage(content="three"))
    assert (forked["session_id"], forked["title"]) == ("t", "another way")
    assert (forked["first_seq"], forked["last_seq"]) == (1, 0)
    await world.answered("four", session="s")
    assert world.remembered() == (*turn("one"), *turn("two"), UserMessage(content="four"))


async def test_a_session_is_forked_at_the_id_of_an_event_as_it_came(world: World) -> None:
    first = await world.answered("one", session="s")
    await world.answered("two", session="s")
    [*_, last] = await world.graph.events(first)

    await world.fork("s", after=last["id"], session_id="t")
    await world.answered("three", session="t")

    assert world.remembered() == (*turn("one"), UserMessage(content="three"))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"after": "1-00000000"}, 409, "cursor_reset"),
        ({"after": "99-00000000"}, 409, "cursor_reset"),
        ({"after": "1"}, 400, "invalid_cursor"),
        ({"after": ""}, 400, "invalid_cursor"),
        ({"after": "m.0.1-1-00000000"}, 400, "invalid_cursor"),
        ({"after": "1-00000000", "at_seq": 1}, 422, "invalid_input"),
    ],
)
async def test_a_cursor_of_no_event_that_is_there_forks_nothing(
    world: World, body: Mapping[str, object], status: int, code: str
) -> None:
    await world.answered("one", session="s")

    refused = await world.client.post("/s/fork", json=body)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (status, code)
    assert problem["errors"][0]["field"] == "after"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7, 200])
async def test_the_messages_of_a_fork_begin_with_what_it_inherited(
    world: World, limit: int
) -> None:
    first = await world.answered("one", session="s")
    await world.answered("two", session="s")
    await world.fork("s", at_seq=first.last_seq, session_id="t")
    await world.answered("three", session="t")
    await world.fork("t", session_id="u")
    await world.answered("not inherited", session="t")
    await world.answered("four", session="u")

    assert await world.messages("u", limit=limit) == [
        *exchange("one", in_session="s"),
        *exchange("three", in_session="t"),
        *exchange("four"),
    ]
    assert await world.messages("s", limit=limit) == [*exchange("one"), *exchange("two")]


async def test_a_fork_without_a_task_shows_what_it_inherited_up_to_its_event(world: World) -> None:
    await world.answered("one", session="s")

    await world.fork("s", at_seq=1, session_id="t")

    assert await world.messages("t") == [("s", "user", "one")]


async def test_what_is_deleted_between_two_pages_is_left_out(world: World) -> None:
    await world.answered("one", session="s")
    await world.fork("s", session_id="t")
    await world.answered("two", session="t")
    first = (await world.client.get("/t/messages", params={"limit": 1})).json()
    await world.client.delete("/s")

    query = {"cursor": first["next_cursor"]}
    second = (await world.client.get("/t/messages", params=query)).json()

    assert [(m.get("inherited_from"), m["content"]) for m in second["items"]] == [
        (None, "two"),
        (None, "yes"),
    ]


async def test_a_fork_of_a_fork_remembers_both(world: World) -> None:
    await world.answered("one", session="s")
    await world.fork("s", session_id="t")
    await world.answered("two", session="t")
    await world.fork("t", session_id="u")

    await world.answered("three", session="u")

    assert world.remembered() == (*turn("one"), *turn("two"), UserMessage(content="three"))


async def test_a_fork_of_what_was_deleted_remembers_nothing_of_a_namesake(world: World) -> None:
    await world.answered("one", session="s")
    await world.fork("s", session_id="t")
    await world.client.delete("/s")
    await world.answered("another one", session="s")

    await world.answered("two", session="t")

    assert world.remembered() == (UserMessage(content="two"),)


async def test_sessions_that_name_each_other_as_their_origin_end_somewhere(world: World) -> None:
    await world.answered("one", session="s")
    forked = await world.fork("s", session_id="t")
    await world.client.patch("/s", json={"metadata": forked["metadata"]})

    await world.answered("two", session="t")

    assert world.remembered() == (*turn("one"), UserMessage(content="two"))


async def test_only_an_event_that_is_there_can_be_forked_at(world: World) -> None:
    task = await world.answered("one", session="s")
    assert task.last_seq is not None
    sessions = world.graph.container.server.sessions()
    await sessions.create(LOCAL, SessionId("empty"), SessionEdit())

    beyond = await world.client.post("/s/fork", json={"at_seq": task.last_seq + 1})
    empty = await world.client.post("/empty/fork")
    unknown = await world.client.post("/nobodys/fork")
    taken = await world.client.post("/s/fork", json={"session_id": "empty"})

    assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "at_seq")
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "at_seq")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "session_not_found")
    assert (taken.status_code, taken.json()["code"]) == (409, "session_exists")
