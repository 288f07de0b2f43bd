"""The context of a task, and a sink that records the events of a run."""

import asyncio
from collections.abc import Callable

import anyio

from adapters.memory.agents import MemoryAgentThreads
from adapters.memory.database import MemoryDatabase
from adapters.memory.wakeups import MemoryWakeups
from application.asking.approval_gate import ApprovalGate
from application.running.call_outputs import CallOutputs
from application.running.run_signals import PauseSignal, StopSignal
from application.running.task_context import TaskContext
from application.running.working_time import WorkingTime
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import AgentcastError
from domain.events import AgentEvent
from domain.ids import AgentName
from domain.ledger import Ledger
from domain.limits import Limits
from domain.redaction import Redactor
from domain.task import Task
from domain.task_events import FinalEvent
from domain.usage import Usage
from ports.agent_threads import AgentThreads
from ports.event_sink import EventSink
from ports.output_archive import ArchiveWriter
from tests.approval_fakes import FakeApprovals
from tests.command_runner_fakes import ArchivedText
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import process_task


class FakeSink:
    """Records what is emitted. From the event that `fails_at` picks it raises `failure`."""

    def __init__(
        self,
        *,
        fails_with: AgentcastError | None = None,
        fails_at: Callable[[AgentEvent], bool] = lambda _: True,
    ) -> None:
        self.events: list[AgentEvent] = []
        self.usage: Usage | None = None
        self.failure: AgentcastError | None = None
        self._fails_with = fails_with
        self._fails_at = fails_at
        self._failed = asyncio.Event()

    async def emit(self, event: AgentEvent) -> None:
        self.events.append(event)
        if self._fails_with is not None and self._fails_at(event):
            self.fail(self._fails_with)
        if self.failure is not None:
            raise self.failure

    async def end(self, event: FinalEvent, *, usage: Usage | None = None) -> None:
        self.usage = usage
        await self.emit(event)

    async def recorded(self) -> None:
        """As a log would that is always ready."""

    def fail(self, failure: AgentcastError) -> None:
        self.failure = failure
        self._failed.set()

    async def failed(self) -> AgentcastError:
        await self._failed.wait()
        assert self.failure is not None
        return self.failure

    async def until(self, is_so: Callable[[list[AgentEvent]], bool]) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not is_so(self.events):
                await anyio.lowlevel.checkpoint()


def task_context(
    sink: EventSink,
    *,
    task: Task | None = None,
    profile: AgentProfile | None = None,
    limits: Limits | None = None,
    redactor: Redactor | None = None,
    archive: ArchiveWriter | None = None,
    asked: FakeApprovals | None = None,
    threads: AgentThreads | None = None,
    thread: AgentThread | None = None,
    stop: StopSignal | None = None,
    pauses: PauseSignal | None = None,
    clock: FakeClock | None = None,
    time: WorkingTime | None = None,
    was_paused: bool = False,
) -> TaskContext:
    asked, clock = asked or FakeApprovals(), clock or FakeClock()
    return TaskContext(
        task=task or process_task("work"),
        profile=profile or AgentProfile(name=AgentName("fake"), kind="fake"),
        ledger=Ledger(limits=limits or Limits()),
        workspace="",
        thread=thread,
        redactor=redactor or Redactor(),
        outputs=CallOutputs(archive or ArchivedText(), apart=False),
        sink=sink,
        approvals=ApprovalGate(
            store=asked.store, wakeups=MemoryWakeups(), ids=asked.ids, expires_s=900.0
        ),
        questions=asked.questions,
        threads=threads or MemoryAgentThreads(MemoryDatabase(FakeClock())),
        stop=stop or StopSignal(),
        pauses=pauses or PauseSignal(),
        time=time or WorkingTime(clock),
        clock=clock,
        was_paused=was_paused,
    )
