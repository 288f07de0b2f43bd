"""Tasks of protocol agents in the wired graph: the second goes on where the first has ended."""

import sys
from pathlib import Path

from dependency_injector import providers

from adapters.acp.acp_runner import AcpRunner
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from adapters.workspace.folder_homes import FolderHomes
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.task import TaskStatus
from tests.acp_context import AGENT
from tests.integration.graph import FakeRunner, profiles, running


def _agent(mood: str) -> AgentProfile:
    argv = (sys.executable, AGENT, mood)
    return AgentProfile(name=AgentName("moody"), kind="acp", argv=argv, sandbox="none")


async def test_a_session_goes_on_with_its_agents_conversation(tmp_path: Path) -> None:
    homes = FolderHomes(root=tmp_path / "homes")
    runner = AcpRunner(process_host=LinuxProcessHost(), homes=homes, clock=SystemClock())
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
