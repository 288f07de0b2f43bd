"""Which tools an agent has: those its profile names, and those it brings along."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from application.react.runner import AgentTools
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.ids import AgentName, TaskId
from ports.tool import Tool
from ports.tool_source import ToolSource
from tests.react_fakes import FakeTool, ok


def tool(name: str, *, by_default: bool = True) -> Tool:
    made = FakeTool(name, ok)
    made.spec = replace(made.spec, by_default=by_default)
    return made


OURS = [tool("read"), tool("write"), tool("fetch", by_default=False)]


class FakeSource:
    def __init__(self) -> None:
        self.opened: list[tuple[str, str]] = []
        self.is_open = False

    @asynccontextmanager
    async def open(
        self, *, profile: AgentProfile, task_id: TaskId, workspace: str
    ) -> AsyncIterator[Sequence[Tool]]:
        self.opened.append((task_id, workspace))
        self.is_open = True
        yield [tool("served__add")]
        self.is_open = False


async def names(*chosen: str, further: ToolSource | None = None) -> Sequence[str]:
    profile = AgentProfile(name=AgentName("a"), kind="react", tools=chosen or None)
    agent_tools = AgentTools(OURS, further=further)
    async with agent_tools.open(
        profile=profile, task_id=TaskId("task_1"), workspace="/workspace"
    ) as tools:
        return [tool.spec.name for tool in tools]


async def test_an_agent_that_names_none_has_those_that_are_there_by_default() -> None:
    assert await names() == ["read", "write"]


async def test_an_agent_has_the_tools_that_it_names() -> None:
    assert await names("fetch", "read") == ["fetch", "read"]


async def test_a_tool_that_there_is_not_is_named() -> None:
    with pytest.raises(StartFailed, match=r"^there is no tool 'sing'; there are: read, write"):
        await names("read", "sing")


async def test_what_the_profile_brings_along_comes_after_ours_and_is_left() -> None:
    source = FakeSource()

    assert await names("read", further=source) == ["read", "served__add"]

    assert source.opened == [("task_1", "/workspace")]
    assert not source.is_open


@pytest.mark.parametrize("name", ["read", "fetch", "served__add", "reads_private", "default"])
async def test_a_rule_for_approvals_may_name_any_tool_or_effect(name: str) -> None:
    async with opened_with_rule(name):
        pass


@pytest.mark.parametrize("name", ["raed", "served__sub", "reads-private"])
async def test_a_rule_for_approvals_of_what_there_is_not_is_named(name: str) -> None:
    with pytest.raises(StartFailed, match=f"^approvals: there is no tool or effect '{name}'"):
        async with opened_with_rule(name):
            pass


def opened_with_rule(name: str) -> AbstractAsyncContextManager[Sequence[Tool]]:
    profile = AgentProfile(name=AgentName("a"), kind="react", approvals={name: "deny"})
    return AgentTools(OURS, further=FakeSource()).open(
        profile=profile, task_id=TaskId("task_1"), workspace="/workspace"
    )
