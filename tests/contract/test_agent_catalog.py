"""What every catalog of agents promises."""

import pytest

from adapters.system.fixed_agent_catalog import FixedAgentCatalog
from domain.agent_profile import AgentProfile
from domain.errors import AgentNotFound
from domain.ids import AgentName
from ports.agent_catalog import AgentCatalog

SHELL = AgentProfile(name=AgentName("shell"), kind="shell")
REACT = AgentProfile(name=AgentName("react"), kind="react")


@pytest.fixture
def catalog() -> AgentCatalog:
    return FixedAgentCatalog([SHELL, REACT], default=REACT.name)


def test_an_agent_is_found_by_its_name(catalog: AgentCatalog) -> None:
    assert catalog.get(AgentName("shell")) == SHELL


def test_an_unknown_name_is_said_to_be_unknown(catalog: AgentCatalog) -> None:
    with pytest.raises(AgentNotFound, match="'nobody'"):
        catalog.get(AgentName("nobody"))


def test_agents_are_listed_in_the_order_of_their_names(catalog: AgentCatalog) -> None:
    assert list(catalog.list()) == [REACT, SHELL]


def test_there_is_an_agent_for_tasks_that_name_none(catalog: AgentCatalog) -> None:
    assert catalog.get(catalog.default) == REACT
