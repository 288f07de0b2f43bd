"""Tasks of protocol agents in the wired graph: the second goes on where the first has ended."""

import sys
from pathlib import Path

import pytest
from dependency_injector import providers

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from adapters.workspace.folder_homes import FolderHomes
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.task import TaskStatus
from tests.acp_context import AGENT, acp_runner
from tests.integration.graph import FakeRunner, profiles, running


def _agent(mood: str) -> AgentProfile:
    argv = (sys.executable, AGENT, mood)
    return AgentProfile(name=AgentName("moody"), kind="acp", argv=argv, sandbox="none")


async def test_a_session_goes_on_with_its_agents_conversation(tmp_path: Path) -> None:
    homes = FolderHomes(root=tmp_path / "homes")
    runner = acp_runner(LinuxProcessHost(), homes=homes, clock=SystemClock())
    agents = providers.Object([*profiles(), _agent("resumes")])
    runners = providers.Object({"fake": FakeRunner(), "acp": runner})
    async with running(tmp_path, profiles=agents, runners=runners) as graph:
        first = await graph.ended(await graph.submit("one", agent="moody"))
        second = await graph.ended(await graph.submit("two", agent="moody"))
        other = await graph.ended(await graph.submit("three", session="x", agent="moody"))

        assert first.status is second.status is other.status is TaskStatus.COMPLETED
        assert [task.result and task.result.final_answer for task in (first, second, other)] == [
            "new-1: one",
            "new-1 again: two",
            "new-1: three",
        ]


@pytest.mark.parametrize(
    ("mood", "log"),
    [
        ("works", "==> edit c1 <==\n--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new"),
        ("asks_and_waits", "==> stderr <==\nanswer: yes\n"),
    ],
)
async def test_what_its_calls_give_and_what_it_writes_beside_is_its_log(
    tmp_path: Path, mood: str, log: str
) -> None:
    archive = FileOutputArchive(root=tmp_path / "output")
    runner = acp_runner(
        LinuxProcessHost(),
        homes=FolderHomes(root=tmp_path / "homes"),
        clock=SystemClock(),
        archive=archive,
    )
    agents = providers.Object([*profiles(), _agent(mood)])
    runners = providers.Object({"fake": FakeRunner(), "acp": runner})
    swaps = {"output_archive": providers.Object(archive)}
    async with running(tmp_path, profiles=agents, runners=runners, **swaps) as graph:
        task = await graph.ended(await graph.submit("go", agent="moody"))
        kept = b"".join([piece async for piece in archive.read(task.task_id)]).decode()
        call = b"".join([piece async for piece in archive.read(task.task_id, call_id="c1")])

    assert kept == log
    assert await archive.has_call(task.task_id, "c1")
    assert call.decode() == (log.removeprefix("==> edit c1 <==\n") if mood == "works" else "")
