"""What every store of conversations promises."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.memory.agents import MemoryAgentThreads
from adapters.memory.database import MemoryDatabase
from adapters.memory.session_store import MemorySessionStore
from adapters.store.agents.agent_threads import SqlAgentThreads
from adapters.store.open_database import open_database
from adapters.store.sessions.session_store import SqlSessionStore
from domain.agent_thread import AgentThread
from domain.ids import AgentName, SessionId, SessionKey
from domain.principal import LOCAL
from domain.usage import Usage
from ports.agent_threads import AgentThreads
from ports.session_store import SessionEdit, SessionStore
from tests.contract.postgres import emptied
from tests.fakes import FakeClock

CODEX = AgentName("codex")
GEMINI = AgentName("gemini")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    threads: AgentThreads
    sessions: SessionStore

    async def session(self, name: str) -> SessionKey:
        return (await self.sessions.create(LOCAL, SessionId(name), SessionEdit())).session_key


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    if store_url == "memory":
        memory = MemoryDatabase(FakeClock())
        yield Store(threads=MemoryAgentThreads(memory), sessions=MemorySessionStore(memory))
        return
    if store_url.startswith("postgresql"):
        await emptied(store_url)
    database = open_database(store_url)
    async with database.opened():
        yield Store(threads=SqlAgentThreads(database), sessions=SqlSessionStore(database))


async def test_a_thread_is_found_by_its_session_and_its_agent_alone(store: Store) -> None:
    one, other = await store.session("one"), await store.session("other")

    await store.threads.keep(one, CODEX, AgentThread(id="thread-é"))

    assert await store.threads.find(one, CODEX) == AgentThread(id="thread-é")
    assert await store.threads.find(one, GEMINI) is None
    assert await store.threads.find(other, CODEX) is None


async def test_a_thread_takes_the_place_of_an_earlier_one(store: Store) -> None:
    key = await store.session("one")

    await store.threads.keep(key, CODEX, AgentThread(id="first"))
    await store.threads.keep(key, GEMINI, AgentThread(id="another"))
    await store.threads.keep(key, CODEX, AgentThread(id="second"))

    assert await store.threads.find(key, CODEX) == AgentThread(id="second")
    assert await store.threads.find(key, GEMINI) == AgentThread(id="another")


async def test_an_unknown_session_has_no_thread_and_keeps_none(store: Store) -> None:
    unknown = SessionKey(4711)

    await store.threads.keep(unknown, CODEX, AgentThread(id="thread"))

    assert await store.threads.find(unknown, CODEX) is None


async def test_a_thread_goes_with_its_session(store: Store) -> None:
    key = await store.session("one")
    await store.threads.keep(key, CODEX, AgentThread(id="thread"))

    await store.sessions.delete(LOCAL, SessionId("one"))
    await store.sessions.purge()

    assert await store.threads.find(key, CODEX) is None


async def test_what_a_conversation_has_used_is_kept_with_it(store: Store) -> None:
    key = await store.session("one")
    used = Usage(input_tokens=80, output_tokens=40, total_tokens=120, cost_usd=0.25)
    thread = AgentThread(id='{"a": 1}', usage=used)

    await store.threads.keep(key, CODEX, AgentThread(id='{"a": 1}'))
    await store.threads.keep(key, CODEX, thread)

    assert await store.threads.find(key, CODEX) == thread


async def test_the_own_model_of_a_conversation_is_kept_with_it(store: Store) -> None:
    key = await store.session("one")
    thread = AgentThread(id="thread", model="own")

    await store.threads.keep(key, CODEX, thread)

    assert await store.threads.find(key, CODEX) == thread


async def test_a_forgotten_thread_is_not_found_and_another_is_kept_in_its_place(
    store: Store,
) -> None:
    key = await store.session("one")
    await store.threads.keep(key, CODEX, AgentThread(id="lost"))
    await store.threads.keep(key, GEMINI, AgentThread(id="another"))

    await store.threads.forget(key, CODEX)
    await store.threads.forget(key, CODEX)
    found = await store.threads.find(key, CODEX)
    await store.threads.keep(key, CODEX, AgentThread(id="new"))

    assert found is None
    assert await store.threads.find(key, CODEX) == AgentThread(id="new")
    assert await store.threads.find(key, GEMINI) == AgentThread(id="another")
