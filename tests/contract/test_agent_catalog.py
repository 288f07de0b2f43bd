"""What every catalog of agents promises."""

from dataclasses import replace

import pytest

from adapters.memory.agents import MemoryProfileStore
from adapters.system.stored_agent_catalog import StoredAgentCatalog
from domain.agent_profile import AgentProfile
from domain.errors import AgentNotFound
from domain.ids import AgentName
from ports.agent_catalog import AgentCatalog
from ports.profile_store import ProfileStore

SHELL = AgentProfile(name=AgentName("shell"), kind="shell")
REACT = AgentProfile(name=AgentName("react"), kind="react")
LINT = AgentProfile(name=AgentName("lint"), kind="command", argv=("ruff",), source="api")


@pytest.fixture
def store() -> ProfileStore:
    return MemoryProfileStore()


@pytest.fixture
def catalog(store: ProfileStore) -> AgentCatalog:
    return StoredAgentCatalog([SHELL, REACT], default=REACT.name, store=store)


def test_an_agent_is_found_by_its_name(catalog: AgentCatalog) -> None:
    assert catalog.get(AgentName("shell")) == SHELL


async def test_an_unknown_name_is_not_found(catalog: AgentCatalog) -> None:
    with pytest.raises(AgentNotFound, match="'nobody'"):
        catalog.get(AgentName("nobody"))
    with pytest.raises(AgentNotFound, match="'nobody'"):
        await catalog.find(AgentName("nobody"))


def test_agents_are_listed_in_the_order_of_their_names(catalog: AgentCatalog) -> None:
    assert list(catalog.list()) == [REACT, SHELL]


async def test_the_original_of_a_changed_agent_is_kept(
    catalog: AgentCatalog, store: ProfileStore
) -> None:
    changed = replace(SHELL, description="another", source="api")
    await store.put(changed)
    await catalog.refresh()

    assert SHELL in catalog.known()
    assert changed in catalog.known()


def test_there_is_an_agent_for_tasks_that_name_none(catalog: AgentCatalog) -> None:
    assert catalog.get(catalog.default) == REACT


async def test_an_agent_that_was_just_stored_is_found(
    catalog: AgentCatalog, store: ProfileStore
) -> None:
    await store.put(LINT)

    assert await catalog.find(LINT.name) == LINT
    assert list(catalog.list()) == [LINT, REACT, SHELL]


async def test_what_is_stored_stands_in_for_what_was_there_until_it_goes(
    catalog: AgentCatalog, store: ProfileStore
) -> None:
    other = replace(SHELL, argv=("/bin/bash", "-c"), source="api")
    await store.put(other)
    await catalog.refresh()

    assert (catalog.get(SHELL.name), catalog.original(SHELL.name)) == (other, SHELL)

    await store.remove(SHELL.name)
    await catalog.refresh()
    assert catalog.get(SHELL.name) == SHELL
