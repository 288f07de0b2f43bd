"""Where tasks may work, judged when they come in and when they begin, in the wired graph."""

from pathlib import Path

import pytest

from application.serving.submit_task import SubmitTask
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.task import Task
from ports.runner import Completed, Outcome, RunContext
from ports.task_store import TaskQuery
from tests.integration.graph import Graph, for_ever, running


async def say_where(task: Task, context: RunContext) -> Outcome:
    return Completed(final_answer=context.workspace)


def wanting(workspace: Path | str, *, session: str = "s") -> SubmitTask:
    return SubmitTask(
        text="where",
        agent=AgentName("fake"),
        session_id=SessionId(session),
        workspace=f"{workspace}",
    )


async def answer(graph: Graph, request: SubmitTask) -> str | None:
    graph.runner.acts["where"] = say_where
    task = await graph.ended((await graph.coordinator.submit(LOCAL, request)).task)
    return task.result.final_answer if task.result else task.reason


@pytest.mark.parametrize("below", ["", "output", "workspaces", "workspaces/local/local/t@1"])
async def test_a_task_in_the_servers_data_is_refused_before_anything_is_stored(
    below: str, tmp_path: Path
) -> None:
    async with running(tmp_path) as graph:
        with pytest.raises(InvalidInput, match="the server's data") as refused:
            await graph.coordinator.submit(LOCAL, wanting(tmp_path / below))

        assert refused.value.field == "workspace"
        assert await graph.coordinator.list_tasks(LOCAL, TaskQuery()) == []


async def test_a_session_may_name_the_folder_that_it_has_anyway(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["where"] = say_where
        first = await graph.ended(await graph.submit("where"))
        own = first.result.final_answer if first.result else None

        assert own == f"{tmp_path}/workspaces/local/local/s@1"
        assert await answer(graph, wanting(own)) == own
        with pytest.raises(InvalidInput):
            await graph.coordinator.submit(LOCAL, wanting(own, session="another"))


async def test_a_link_that_is_swapped_while_the_task_waits_leads_nowhere(tmp_path: Path) -> None:
    link = tmp_path / "link"
    (tmp_path / "project").mkdir()
    link.symlink_to(tmp_path / "project")
    async with running(tmp_path / "data") as graph:
        graph.runner.acts["for ever"] = for_ever
        before = await graph.submit("for ever")
        waiting = (await graph.coordinator.submit(LOCAL, wanting(link))).task
        link.unlink()
        link.symlink_to(tmp_path / "data")
        await graph.coordinator.cancel(LOCAL, before.task_id)
        ended = await graph.ended(waiting)
        events = await graph.events(ended)

        assert (ended.status, ended.reason) == ("failed", "start_failed")
        assert str(events[-1]["error"]).endswith("link': it is the server's data")
        assert waiting.task_id not in graph.runner.started


async def test_an_agent_with_a_forbidden_workspace_is_refused(tmp_path: Path) -> None:
    new = AgentProfile(name=AgentName("new"), kind="fake", workspace="/", source="api")
    async with running(tmp_path) as graph:
        with pytest.raises(InvalidInput, match="the whole machine") as refused:
            await graph.container.server.known_agents().put(LOCAL, new)

        assert refused.value.field == "workspace"
        assert new.name not in {
            a.profile.name for a in await graph.container.server.known_agents().list(LOCAL)
        }
