"""What every store of profiles promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory.agents import MemoryProfileStore
from adapters.store.agents.profile_store import SqlProfileStore
from adapters.store.open_database import open_database
from domain.agent_profile import AgentProfile
from domain.extraction import ExtractionRule, FailureRule, OutputRule
from domain.ids import AgentName
from domain.limits import Limits
from ports.profile_store import ProfileStore
from tests.contract.postgres import emptied

LINT = AgentProfile(
    name=AgentName("lint"),
    kind="command",
    argv=("ruff", "check", "--é"),
    env={"MODE": "strict"},
    limits=Limits(timeout_s=60),
    rules=(ExtractionRule(name="url", pattern="https?:", types=(("value", "text"),)),),
    failure=(FailureRule(pattern="^Error", reason="model_error"), FailureRule(json_path="$.e")),
    answer=OutputRule(json_path="$.text"),
    thread=OutputRule(pattern="session: (.*)", ignore_case=True),
    setup_argv=("git", "init"),
    home_files={".netrc": ""},
    first_output_s=5.0,
    source="api",
)
TEST = AgentProfile(name=AgentName("Test"), kind="command", argv=("pytest",), source="api")


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[ProfileStore]:
    if store_url == "memory":
        yield MemoryProfileStore()
        return
    if store_url.startswith("postgresql"):
        await emptied(store_url)
    database = open_database(store_url)
    async with database.opened():
        yield SqlProfileStore(database)


async def test_profiles_come_back_whole_in_the_order_of_their_names(store: ProfileStore) -> None:
    assert (await store.put(LINT), await store.put(TEST)) == (True, True)

    assert list(await store.list()) == [TEST, LINT]


async def test_a_profile_takes_the_place_of_an_earlier_one(store: ProfileStore) -> None:
    await store.put(LINT)
    changed = AgentProfile(name=LINT.name, kind="command", argv=("mypy",), source="api")

    assert not await store.put(changed)
    assert list(await store.list()) == [changed]


async def test_a_removed_profile_is_gone(store: ProfileStore) -> None:
    await store.put(LINT)

    assert [await store.remove(LINT.name), await store.remove(LINT.name)] == [True, False]
    assert list(await store.list()) == []


async def test_a_profile_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/store.db")
    async with database.opened():
        store = SqlProfileStore(database)
        await store.put(LINT)
        await store.put(TEST)
        await database.write(
            lambda c: c.exec_driver_sql(
                """UPDATE agent_profiles SET body = '{"name": 5}' WHERE name = 'lint'"""
            )
        )

        assert list(await store.list()) == [TEST]
