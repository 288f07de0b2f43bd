"""Runs the fake agent of the Agent Client Protocol as a process, and records its events."""

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from adapters.acp.acp_runner import AcpRunner
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.id_source import SystemIdSource
from application.programs.usage_sampling import EVERY_S, UsageSampling
from domain.agent_profile import AcpCapability, AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest
from domain.events import AgentEvent
from domain.ids import AgentName
from domain.process_events import ProcessExited, ProcessStarted, ResourceUsage
from domain.task import Task
from domain.workspace_events import SandboxStatus
from ports.clock import Clock
from ports.homes import Homes
from ports.output_archive import OutputArchive
from ports.process import ProcessHost
from ports.runner import Outcome
from tests.command_runner_fakes import FakeHomes, FakeOutputArchive, setup_command
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import RecordingContext, process_task

AGENT = str(Path(__file__).parent / "fake_acp_agent.py")

_OF_PROCESS = (ProcessStarted, SandboxStatus, ProcessExited, ResourceUsage)

Answer = Callable[[ApprovalRequest], Awaitable[ApprovalDecision]]


async def yes(_: ApprovalRequest) -> ApprovalDecision:
    return ApprovalDecision(decision="approved", by="alice")


@dataclass(kw_only=True)
class ApprovingContext(RecordingContext):
    answers: Answer = yes

    async def decide(self, request: ApprovalRequest) -> ApprovalDecision:
        return await self.answers(request)


def acp_profile(
    behaviour: str, *, start_s: float = 30.0, offered: tuple[AcpCapability, ...] = ()
) -> AgentProfile:
    return AgentProfile(
        name=AgentName("fake-acp"),
        kind="acp",
        argv=(sys.executable, AGENT, behaviour),
        sandbox="none",
        start_s=start_s,
        acp_capabilities=offered,
    )


def acp_context(
    behaviour: str, folder: Path, *, answers: Answer = yes, offered: tuple[AcpCapability, ...] = ()
) -> ApprovingContext:
    profile = acp_profile(behaviour, offered=offered)
    return ApprovingContext(profile=profile, workspace=str(folder), answers=answers)


async def run_acp(
    context: RecordingContext,
    text: str = "go",
    *,
    sampled_every_s: float = EVERY_S,
    exit_s: float = PATIENCE_S,
) -> Outcome:
    # Another test's task of the same name would take this one's processes along when it ends.
    task = process_task(text, task_id=SystemIdSource().task_id(), agent="fake-acp")
    host = LinuxProcessHost(environment={"PATH": os.environ["PATH"]})
    with TemporaryDirectory() as home, anyio.fail_after(20):
        runner = acp_runner(
            host,
            homes=_OneHome(home),
            clock=FakeClock(),
            sampled_every_s=sampled_every_s,
            exit_s=exit_s,
        )
        return await runner.run(task, context)


def acp_runner(
    host: ProcessHost,
    *,
    homes: Homes,
    clock: Clock,
    archive: OutputArchive | None = None,
    sampled_every_s: float = EVERY_S,
    exit_s: float = PATIENCE_S,
) -> AcpRunner:
    archive = archive or FakeOutputArchive()
    return AcpRunner(
        process_host=host,
        homes=homes,
        archive=archive,
        setup=setup_command(host, homes=homes, clock=clock, archive=archive),
        sampling=partial(UsageSampling, every_s=sampled_every_s),
        clock=clock,
        exit_s=exit_s,
    )


def agent_events(context: RecordingContext) -> list[AgentEvent]:
    """Without the process and what it uses, which is another in each run."""
    return [e for e in context.events if not isinstance(e, _OF_PROCESS)]


class _OneHome(FakeHomes):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return self._path


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
