"""A running task in memory, with a terminal or pipes, for the tests of who may watch and type."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.memory.agents import MemoryProfileStore
from adapters.memory.asking import MemoryQuestionStore
from adapters.memory.database import MemoryDatabase, TaskRow
from adapters.memory.task_store import MemoryTaskStore
from adapters.memory.wakeups import MemoryWakeups
from adapters.system.stored_agent_catalog import StoredAgentCatalog
from adapters.terminal.pyte_screens import PyteScreens
from application.asking.questions import OpenQuestions
from application.programs.live_terminals import LiveTerminal, LiveTerminals
from application.running.live_runs import LiveRun, LiveRuns
from application.serving.task_terminals import TaskTerminals
from domain.agent_profile import AgentProfile
from domain.events import AgentEvent
from domain.ids import LeaseId, SessionId, TaskId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from ports.process import Command
from ports.session_store import SessionEdit
from tests.fakes import FakeClock
from tests.notifiers import notifier_without_watchers
from tests.process_fakes import FakeProcess, process_task


class FakeTerminals:
    """`use` is the use case under test; `run` stands for the runner."""

    def __init__(self) -> None:
        self.events: list[AgentEvent] = []
        self.process = FakeProcess()
        self._database = MemoryDatabase(FakeClock())
        session = self._database.make_session(LOCAL, SessionId("s"), SessionEdit()).session
        self.task = replace(process_task("work"), session_key=session.session_key)
        self._live = LiveTerminals(screens=PyteScreens())
        store = MemoryTaskStore(self._database)
        questions = OpenQuestions(
            store=MemoryQuestionStore(self._database),
            wakeups=MemoryWakeups(),
            notifier=notifier_without_watchers(),
        )
        self.runs = LiveRuns()
        self.use = TaskTerminals(
            tasks=store,
            terminals=self._live,
            questions=questions,
            runs=self.runs,
            catalog=StoredAgentCatalog(
                [AgentProfile(name=self.task.agent, kind="command")],
                default=self.task.agent,
                store=MemoryProfileStore(),
            ),
        )
        self.is_now(TaskStatus.RUNNING)

    def is_now(self, status: TaskStatus) -> None:
        self.task = replace(self.task, status=status)
        self._database.tasks[self.task.task_id] = TaskRow(task=self.task)

    def is_carried_out_here(self) -> None:
        run = LiveRun(
            task_id=self.task.task_id,
            lease_id=LeaseId("lease"),
            held_until=0.0,
        )
        self.runs.add(run)

    @asynccontextmanager
    async def run(
        self, task: Task | None = None, *, pty: bool = True, takes_input: bool = True
    ) -> AsyncIterator[LiveTerminal]:
        command = Command(
            argv=("work",),
            cwd="/",
            task_id=TaskId((task or self.task).task_id),
            pty=pty,
            stdin="open" if takes_input else "closed",
            rows=4,
            columns=20,
        )
        async with self._live.open(
            command, self.process, takes_input=command.stdin == "open", emit=self._emit
        ) as terminal:
            yield terminal

    async def _emit(self, event: AgentEvent) -> None:
        self.events.append(event)
