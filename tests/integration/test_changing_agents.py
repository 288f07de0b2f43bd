"""Agents that operators add and change while tasks run, in the wired graph."""

import asyncio
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from domain.agent_profile import AgentProfile
from domain.errors import UnknownAgent
from domain.ids import AgentName
from domain.mcp_server import McpServer
from domain.principal import LOCAL
from domain.task import Task
from entrypoints.settings.settings import Settings
from ports.runner import Completed, Outcome, RunContext
from tests.integration.graph import Graph, running
from tests.patience import PATIENCE_S

KEY = "the-key-to-the-tickets"
NEW = AgentProfile(name=AgentName("new"), kind="fake", description="one", source="api")


def shared(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/shared.db",
        default_agent="fake",
        shutdown_s=2.0,
    )


async def has_listed(graph: Graph, *profiles: AgentProfile) -> None:
    """Ask until these, and no others, are what operators have added."""
    while True:
        found = [
            agent.profile for agent in await graph.container.server.known_agents().list(LOCAL)
        ]
        if [profile for profile in found if profile.source == "api"] == [*profiles]:
            return


async def test_a_new_agent_takes_tasks_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        is_new = await graph.container.server.known_agents().put(LOCAL, NEW)
        task = await graph.ended(await graph.submit("x", agent="new"))
        status = await graph.container.server.known_agents().get(LOCAL, NEW.name)

    assert (is_new, task.status, status.record.completed) == (True, "completed", 1)
    assert status.record.last_exit and status.record.last_exit.task_id == task.task_id


async def test_a_removed_agent_takes_no_more_tasks(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.container.server.known_agents().put(LOCAL, NEW)
        await graph.container.server.known_agents().remove(LOCAL, NEW.name)

        with pytest.raises(UnknownAgent, match="'new'"):
            await graph.submit("x", agent="new")


async def test_secrets_of_another_agent_are_masked_in_every_task_that_starts_later(
    tmp_path: Path,
) -> None:
    served = McpServer(
        url="https://tickets.example/mcp", headers={"Authorization": f"Bearer {KEY}"}
    )
    other = replace(NEW, mcp_servers={"tickets": served}, env={"API_KEY": "key-of-another"})

    async def give_away(task: Task, context: RunContext) -> Outcome:
        return Completed(final_answer=f"it says {KEY} and key-of-another")

    async with running(tmp_path) as graph:
        graph.runner.acts["give away"] = give_away
        before = await graph.ended(await graph.submit("give away"))
        await graph.container.server.known_agents().put(LOCAL, other)
        after = await graph.ended(await graph.submit("give away"))
        answers = [(await graph.events(task))[-1]["final_answer"] for task in (before, after)]

    assert answers == [f"it says {KEY} and key-of-another", "it says [redacted] and [redacted]"]


async def test_a_task_that_runs_keeps_the_profile_it_started_with(tmp_path: Path) -> None:
    may_end, seen = asyncio.Event(), []

    async def report_environment(task: Task, context: RunContext) -> Outcome:
        seen.append(context.profile.description)
        await may_end.wait()
        seen.append(context.profile.description)
        return Completed(final_answer="")

    async with running(tmp_path) as graph:
        graph.runner.acts["report"] = report_environment
        await graph.container.server.known_agents().put(LOCAL, NEW)
        with anyio.fail_after(PATIENCE_S):
            first = await graph.submit("report", agent="new", session="one")
            await graph.runner.has_started(first)
            await graph.container.server.known_agents().put(LOCAL, replace(NEW, description="two"))
            second = await graph.submit("report", agent="new", session="two")
            await graph.runner.has_started(second)
            may_end.set()
            await graph.ended(first)
            await graph.ended(second)

    assert sorted(seen) == ["one", "one", "two", "two"]


async def test_other_nodes_take_tasks_for_a_new_agent_at_once_and_see_changes_soon(
    tmp_path: Path,
) -> None:
    settings = shared(tmp_path)
    changed = replace(NEW, description="two")
    async with (
        running(tmp_path, settings=settings) as one,
        running(tmp_path, settings=settings) as other,
    ):
        await one.container.server.known_agents().put(LOCAL, NEW)
        task = await other.ended(await other.submit("x", agent="new"))
        with anyio.fail_after(PATIENCE_S):
            await one.container.server.known_agents().put(LOCAL, changed)
            await has_listed(other, changed)
            await one.container.server.known_agents().remove(LOCAL, NEW.name)
            await has_listed(other)

    assert task.status == "completed"


async def test_agents_that_were_added_are_there_after_a_restart(tmp_path: Path) -> None:
    settings = shared(tmp_path)
    async with running(tmp_path, settings=settings) as graph:
        await graph.container.server.known_agents().put(LOCAL, NEW)

    async with running(tmp_path, settings=settings) as graph:
        names = [profile.name for profile in graph.container.agents.catalog().list()]

    assert names == ["durable", "fake", "new"]
