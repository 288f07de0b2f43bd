"""Tasks of protocol agents in the wired graph: the second goes on where the first has ended."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from adapters.workspace.folder_homes import FolderHomes
from domain.agent_profile import AgentProfile
from domain.approval import StoredApproval
from domain.ids import AgentName
from domain.principal import LOCAL
from domain.task import Approval, TaskStatus
from ports.approval_store import ApprovalQuery
from tests.acp_run import AGENT, acp_runner
from tests.integration.graph import FakeRunner, Graph, profiles, running
from tests.patience import PATIENCE_S

PENDING = ApprovalQuery(status="pending")


def _agent(behaviour: str, approvals: Mapping[str, Approval] | None = None) -> AgentProfile:
    return AgentProfile(
        name=AgentName("fake-acp"),
        kind="acp",
        argv=(sys.executable, AGENT, behaviour),
        sandbox="none",
        approvals=approvals or {},
    )


@asynccontextmanager
async def _serving(folder: Path, agent: AgentProfile) -> AsyncIterator[Graph]:
    homes = FolderHomes(root=folder / "homes")
    runner = acp_runner(LinuxProcessHost(), homes=homes, clock=SystemClock())
    agents = providers.Object([*profiles(), agent])
    runners = providers.Object({"fake": FakeRunner(), "acp": runner})
    async with running(folder, profiles=agents, runners=runners) as graph:
        yield graph


@pytest.mark.parametrize(
    ("approvals", "asked", "decision", "answer"),
    [
        ({"execute": "deny"}, None, "approved", "Done: yes"),
        ({"edit": "deny"}, "auto", "denied", "Done: no"),
    ],
)
async def test_permission_requests_follow_the_rules_of_profile_and_task(
    tmp_path: Path,
    approvals: Mapping[str, Approval],
    asked: Approval | None,
    decision: str,
    answer: str,
) -> None:
    async with _serving(tmp_path, _agent("works", approvals)) as graph:
        task = await graph.ended(await graph.submit("go", agent="fake-acp", approval=asked))
        [resolved] = [event for event in await graph.events(task) if "decision" in event]

    assert task.result is not None
    assert task.result.final_answer == answer
    assert (resolved["decision"], resolved["by"]) == (decision, "policy")


async def test_a_person_is_asked_where_the_rules_want_it(tmp_path: Path) -> None:
    async with _serving(tmp_path, _agent("works", {"edit": "ask"})) as graph:
        task = await graph.submit("go", agent="fake-acp")
        waiting = await _question(graph)
        await graph.container.server.approvals().decide(LOCAL, waiting.approval_id, "approve")
        ended = await graph.ended(task)

    assert (waiting.request.tool_name, waiting.request.reason) == ("edit", "Edit a.txt")
    assert ended.result is not None
    assert ended.result.final_answer == "Done: yes"


async def _question(graph: Graph) -> StoredApproval:
    """The one that waits, once there is one."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            if open_ones := await graph.container.server.approvals().list(LOCAL, PENDING):
                return open_ones[0]
            await anyio.lowlevel.checkpoint()


async def test_a_session_resumes_the_conversation_of_its_agent(tmp_path: Path) -> None:
    async with _serving(tmp_path, _agent("resumes")) as graph:
        first = await graph.ended(await graph.submit("one", agent="fake-acp"))
        second = await graph.ended(await graph.submit("two", agent="fake-acp"))
        other = await graph.ended(await graph.submit("three", session="x", agent="fake-acp"))

        assert first.status is second.status is other.status is TaskStatus.COMPLETED
        assert [task.result and task.result.final_answer for task in (first, second, other)] == [
            "new-1: one",
            "new-1 again: two",
            "new-1: three",
        ]


@pytest.mark.parametrize(
    ("behaviour", "log"),
    [
        ("works", "==> edit c1 <==\n--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new"),
        ("asks_and_waits", "==> stderr <==\nanswer: yes\n"),
    ],
)
async def test_results_of_calls_and_other_output_are_logged(
    tmp_path: Path, behaviour: str, log: str
) -> None:
    archive = FileOutputArchive(root=tmp_path / "output")
    runner = acp_runner(
        LinuxProcessHost(),
        homes=FolderHomes(root=tmp_path / "homes"),
        clock=SystemClock(),
        archive=archive,
    )
    agents = providers.Object([*profiles(), _agent(behaviour)])
    runners = providers.Object({"fake": FakeRunner(), "acp": runner})
    swaps = {"output_archive": providers.Object(archive)}
    async with running(tmp_path, profiles=agents, runners=runners, **swaps) as graph:
        task = await graph.ended(await graph.submit("go", agent="fake-acp"))
        kept = b"".join([piece async for piece in archive.read(task.task_id)]).decode()
        call = b"".join([piece async for piece in archive.read(task.task_id, call_id="c1")])

    assert kept == log
    assert await archive.has_call(task.task_id, "c1")
    assert call.decode() == (log.removeprefix("==> edit c1 <==\n") if behaviour == "works" else "")
