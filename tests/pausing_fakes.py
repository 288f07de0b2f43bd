"""A running task of a pausable agent, in memory."""

from dataclasses import replace

from adapters.memory.agents import MemoryProfileStore
from adapters.memory.database import MemoryDatabase, TaskRow
from adapters.memory.task_store import MemoryTaskStore
from adapters.system.stored_agent_catalog import StoredAgentCatalog
from application.running.live_runs import LiveRun, LiveRuns
from application.serving.pausing import Pausing
from domain.ids import AgentName, LeaseId, SessionId
from domain.principal import LOCAL
from domain.task import TaskStatus
from ports.session_store import SessionEdit
from tests.fakes import FakeClock
from tests.notifiers import notifier_without_watchers
from tests.process_fakes import process_task
from tests.unit.adapters.http.fake_coordinator import AGENTS


class FakePausing:
    """`use` is the use case under test; `run` the live run of its task."""

    def __init__(self) -> None:
        self._database = MemoryDatabase(FakeClock())
        session = self._database.make_session(LOCAL, SessionId("s"), SessionEdit()).session
        task = replace(process_task("think"), agent=AgentName("react"))
        self.task = replace(task, session_key=session.session_key)
        self.run = LiveRun(task_id=task.task_id, lease_id=LeaseId("l"), held_until=0.0)
        runs = LiveRuns()
        runs.add(self.run)
        self.use = Pausing(
            tasks=MemoryTaskStore(self._database),
            runs=runs,
            catalog=StoredAgentCatalog(
                AGENTS, default=AgentName("react"), store=MemoryProfileStore()
            ),
            notifier=notifier_without_watchers(),
        )
        self.is_now(TaskStatus.RUNNING)

    def is_now(self, status: TaskStatus) -> None:
        self.task = replace(self.task, status=status)
        self._database.tasks[self.task.task_id] = TaskRow(task=self.task)
