"""Bounds that hold where nobody set any: of a task's output, and of a session's workspace."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers

from application.serving.submit_task import SubmitTask
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.extraction import ExtractionRule
from domain.ids import AgentName
from domain.limits import Limits
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task, TaskStatus
from entrypoints.settings.settings import Settings
from ports.runner import Completed, Outcome, RunContext
from ports.task_store import TaskQuery
from tests.integration.graph import for_ever, running

KIB = 1024
JSON_RULE = ExtractionRule(name="x", json_path="$.a")


async def speak(task: Task, context: RunContext) -> Outcome:
    for number in range(20):
        await context.emit(Log(line="x" * KIB, line_num=number + 1, stream="stdout"))
        await asyncio.sleep(0)
    return Completed(final_answer="answered")


async def fill(task: Task, context: RunContext) -> Outcome:
    await asyncio.to_thread((Path(context.workspace) / "big").write_bytes, b"x" * 100 * KIB)
    return await for_ever(task, context)


async def test_output_without_a_limit_of_its_own_is_bounded(tmp_path: Path) -> None:
    settings = _settings(tmp_path, output_max_bytes=10 * KIB)
    async with running(tmp_path, settings=settings) as graph:
        graph.runner.acts["speak"] = speak

        ended = await graph.ended(await graph.submit("speak"))

    assert (ended.status, ended.reason) == (TaskStatus.FAILED, "limit.output")


@pytest.mark.parametrize("most", [0, 1024 * KIB])
async def test_output_within_the_bound_or_without_one_ends_nothing(
    tmp_path: Path, most: int
) -> None:
    settings = _settings(tmp_path, output_max_bytes=most)
    async with running(tmp_path, settings=settings) as graph:
        graph.runner.acts["speak"] = speak

        assert (await graph.ended(await graph.submit("speak"))).status == TaskStatus.COMPLETED


async def test_the_limit_of_an_agent_comes_before_the_bound_of_all(tmp_path: Path) -> None:
    wordy = AgentProfile(
        name=AgentName("fake"), kind="fake", limits=Limits(output_bytes=1024 * KIB)
    )
    async with running(
        tmp_path,
        settings=_settings(tmp_path, output_max_bytes=10 * KIB),
        profiles=providers.Object([wordy]),
    ) as graph:
        graph.runner.acts["speak"] = speak

        assert (await graph.ended(await graph.submit("speak"))).status == TaskStatus.COMPLETED


@pytest.mark.parametrize(("own", "bound"), [(None, 10 * KIB), (99, 99)])
async def test_a_runner_that_reads_output_itself_gets_the_bound_of_all_as_its_limit(
    tmp_path: Path, own: int | None, bound: int
) -> None:
    async def limit(task: Task, context: RunContext) -> Outcome:
        return Completed(final_answer=str(context.ledger.limits.output_bytes))

    agent = AgentProfile(name=AgentName("fake"), kind="fake", limits=Limits(output_bytes=own))
    async with running(
        tmp_path,
        settings=_settings(tmp_path, output_max_bytes=10 * KIB),
        profiles=providers.Object([agent]),
    ) as graph:
        graph.runner.acts["limit"] = limit
        ended = await graph.ended(await graph.submit("limit"))

    assert ended.result is not None
    assert ended.result.final_answer == str(bound)


async def test_a_workspace_that_becomes_too_large_ends_its_task(tmp_path: Path) -> None:
    settings = _settings(tmp_path, workspace_max_bytes=50 * KIB)
    async with running(tmp_path, settings=settings) as graph:
        graph.runner.acts["fill"] = fill

        ended = await graph.ended(await graph.submit("fill"))
        last = (await graph.events(ended))[-1]

    assert (ended.status, ended.reason) == (TaskStatus.FAILED, "resource_limit")
    assert "more than 51200" in str(last["error"])


async def test_a_folder_that_somebody_named_has_no_bound(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    settings = _settings(tmp_path / "data", workspace_max_bytes=KIB, workspace=str(folder))
    async with running(tmp_path, settings=settings) as graph:
        workspaces = graph.container.agents.workspaces()
        await asyncio.to_thread((folder / "big").write_bytes, b"x" * 100 * KIB)

        assert await workspaces.excess(str(folder)) is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"agent": AgentName("sh"), "limits": Limits(tool_calls=3)}, "limits.tool_calls"),
        ({"agent": AgentName("codex"), "limits": Limits(usd=3)}, "limits.usd"),
        ({"agent": AgentName("sh"), "approval": "ask"}, "approval"),
        ({"agent": AgentName("thinker"), "rules": (JSON_RULE,)}, "extraction.0.json_path"),
    ],
)
async def test_what_nothing_would_heed_is_refused_before_a_task_is_queued(
    tmp_path: Path, asked: Mapping[str, Any], field: str
) -> None:
    kinds = {"sh": "shell", "codex": "codex", "thinker": "react", "fake": "fake"}
    agents = [AgentProfile(name=AgentName(name), kind=kind) for name, kind in kinds.items()]
    async with running(tmp_path, profiles=providers.Object(agents)) as graph:
        with pytest.raises(InvalidInput) as refused:
            await graph.coordinator.submit(LOCAL, SubmitTask(text="x", **asked))

        assert not await graph.coordinator.list_tasks(LOCAL, TaskQuery())
    assert refused.value.field == field


def _settings(data_dir: Path, **named: object) -> Settings:
    return Settings(
        data_dir=data_dir,
        database_url="memory:",
        default_agent="fake",
        shutdown_s=2.0,
        **named,  # type: ignore[arg-type]  # pydantic checks them
    )
