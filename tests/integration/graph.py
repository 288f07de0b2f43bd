"""The wired container in one process, with a runner that a test scripts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from dependency_injector import providers

from application.serving.server_coordinator import ServerCoordinator
from application.serving.submit_task import SubmitTask
from application.upkeep.retention import Retention, RetentionPolicy
from application.watching.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.watching.stream_steps import Behind, End, Events, Idle, Step
from application.watching.watch import Watch
from domain.agent_profile import AgentProfile
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Approval, Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.event_retention import EventRetention
from ports.runner import Completed, Outcome, RunContext
from tests.patience import PATIENCE_S

Act = Callable[[Task, RunContext], Awaitable[Outcome]]


class FakeRunner:
    """Runs `acts[task.text]`; completes at once where there is none."""

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self.started: list[TaskId] = []
        self._changed = asyncio.Event()

    async def has_started(self, task: Task) -> None:
        while task.task_id not in self.started:
            self._changed.clear()
            await self._changed.wait()

    async def run(self, task: Task, context: RunContext) -> Outcome:
        self.started.append(task.task_id)
        self._changed.set()
        if act := self.acts.get(task.text):
            return await act(task, context)
        return Completed(final_answer=f"did {task.text}")


async def emit_ten_lines(task: Task, context: RunContext) -> Outcome:
    for number in range(1, 11):
        await context.emit(Log(line=f"line {number}", line_num=number, stream="pty"))
        await asyncio.sleep(0)
    return Completed(final_answer="")


async def for_ever(task: Task, context: RunContext) -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError("nothing sets this event")


@dataclass(slots=True)
class Graph:
    container: Container
    runner: FakeRunner

    @property
    def coordinator(self) -> ServerCoordinator:
        return self.container.server.coordinator()

    async def submit(
        self,
        text: str,
        *,
        session: str = "s",
        agent: str = "fake",
        approval: Approval | None = None,
    ) -> Task:
        request = SubmitTask(
            text=text,
            session_id=SessionId(session),
            agent=AgentName(agent),
            approval=approval,
        )
        return (await self.coordinator.submit(LOCAL, request)).task

    async def ended(self, task: Task) -> Task:
        return await self.coordinator.finished(LOCAL, task.task_id, timeout_s=PATIENCE_S)

    async def status(self, task: Task) -> TaskStatus:
        return (await self.coordinator.get_task(LOCAL, task.task_id)).status

    async def events(self, task: Task) -> list[Mapping[str, object]]:
        """All events of an ended task, as they are in the log."""
        watch = await self.container.streams.watches().open(
            LOCAL, StreamRequest(task_ids=(task.task_id,))
        )
        assert watch is not None
        events = [event async for event in events_of(watch)]
        self.container.streams.watches().close(watch)
        return events

    async def event_types(self, task: Task) -> list[object]:
        return [event["event_type"] for event in await self.events(task)]

    def retention(
        self, policy: RetentionPolicy, *, events: EventRetention | None = None
    ) -> Retention:
        return Retention(
            policy=policy,
            events=events or self.container.store.event_retention(),
            workspaces=self.container.store.workspace_retention(),
            archive=self.container.store.output_archive(),
            sessions=self.container.store.session_store(),
            compaction=self.container.server.compaction(),
            storage=self.container.store.storage_guard(),
            clock=self.container.clock(),
            is_on=True,
        )

    async def watch(self, session: str, *, start: FromCursor | FromNow | Replay) -> Watch:
        watch = await self.container.streams.watches().open(
            LOCAL, StreamRequest(session_ids=(SessionId(session),), start=start)
        )
        assert watch is not None
        return watch


async def next_step(watch: Watch) -> Step:
    """The next step that is something to write."""
    while True:
        match step := watch.step():
            case Idle():
                await watch.wait(timeout_s=PATIENCE_S)
            case Behind():
                await watch.read()
            case _:
                return step


async def events_of(watch: Watch) -> AsyncIterator[Mapping[str, object]]:
    """The events of a watch until it ends."""
    while not isinstance(step := await next_step(watch), End):
        if isinstance(step, Events):
            for stored, cursor in step.with_cursors():
                yield {**json.loads(stored.body), "id": cursor}


async def take(watch: Watch, count: int) -> list[Mapping[str, object]]:
    """The next events; frames beyond the count are dropped, as by a connection that is cut."""
    taken: list[Mapping[str, object]] = []
    with anyio.fail_after(PATIENCE_S):
        async for event in events_of(watch):
            taken.append(event)
            if len(taken) == count:
                break
    return taken


async def seqs_of(watch: Watch, count: int) -> list[object]:
    return [event["seq"] for event in await take(watch, count)]


def profiles() -> list[AgentProfile]:
    return [
        AgentProfile(name=AgentName("fake"), kind="fake"),
        AgentProfile(name=AgentName("durable"), kind="fake", on_lost="requeue", max_attempts=2),
    ]


@asynccontextmanager
async def running(tmp_path: Path, **swaps: object) -> AsyncIterator[Graph]:
    """A container over memory unless `settings` say otherwise, opened."""
    settings = Settings(
        data_dir=tmp_path, database_url="memory:", default_agent="fake", shutdown_s=2.0
    )
    runner = FakeRunner()
    named: dict[str, object] = {
        "settings": settings,
        "worker_settings": server_worker(settings, instance="test"),
        "runners": providers.Object({"fake": runner}),
        **swaps,
    }
    named.setdefault("profiles", providers.Object(profiles()))
    container = Container(**named)
    async with opened(container):
        yield Graph(container, runner)
