"""Runs a real agent of the Agent Client Protocol, and remembers what came of it."""

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from adapters.acp.acp_runner import AcpRunner
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.id_source import SystemIdSource
from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.events import AgentEvent
from domain.ids import AgentName
from domain.process_events import ProcessExited, ProcessStarted
from domain.task import Task
from ports.runner import Outcome
from tests.fakes import FakeClock
from tests.process_fakes import RecordingContext, process_task

AGENT = str(Path(__file__).parent / "acp_agent.py")

Answer = Callable[[ApprovalRequest], Awaitable[ApprovalDecision]]


async def yes(_: ApprovalRequest) -> ApprovalDecision:
    return ApprovalDecision(decision="approved", by="alice")


@dataclass(kw_only=True)
class AskedContext(RecordingContext):
    answers: Answer = yes
    asked: list[ApprovalRequest] = field(default_factory=list)

    @property
    def is_handed_back(self) -> bool:
        return False

    async def approve(
        self, request: ApprovalRequest, *, asked: StoredApproval | None = None
    ) -> ApprovalDecision:
        self.asked.append(request)
        return await self.answers(request)


def acp_profile(mood: str, *, start_s: float = 30.0) -> AgentProfile:
    return AgentProfile(
        name=AgentName("moody"),
        kind="acp",
        argv=(sys.executable, AGENT, mood),
        sandbox="none",
        start_s=start_s,
    )


def acp_context(mood: str, folder: Path, *, answers: Answer = yes) -> AskedContext:
    return AskedContext(profile=acp_profile(mood), workspace=str(folder), answers=answers)


async def run_acp(context: RecordingContext, text: str = "go") -> Outcome:
    # Another test's task of the same name would take this one's processes along when it ends.
    task = process_task(text, task_id=SystemIdSource().task_id(), agent="moody")
    host = LinuxProcessHost(environment={"PATH": os.environ["PATH"]})
    with TemporaryDirectory() as home, anyio.fail_after(20):
        runner = AcpRunner(process_host=host, homes=_OneHome(home), clock=FakeClock())
        return await runner.run(task, context)


def said_by(context: RecordingContext) -> list[AgentEvent]:
    """Without the process, which is another in each run."""
    return [e for e in context.events if not isinstance(e, ProcessStarted | ProcessExited)]


class _OneHome:
    def __init__(self, path: str) -> None:
        self._path = path

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return self._path


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
