"""Wraps the AgentCoordinator for many: submit, cancel, retry, look up, wait."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from application.casting.commit_notifier import CommitNotifier
from application.casting.event_broadcaster import EventBroadcaster
from application.running.agent_coordinator import AgentCoordinator, Ending
from application.running.live_runs import LiveRun
from application.running.lost_tasks import origin_of, outside_origin
from application.running.run_signals import Cancelled
from application.running.worker import Worker
from application.serving.submit_task import NewTasks, SubmitTask, resubmission, superseded_by
from application.serving.task_end import TaskEnd
from application.watching.tails import Tails
from domain.agent_profile import AgentProfile
from domain.errors import Draining, StateConflict
from domain.events import EventListener
from domain.ids import AgentName, TaskId
from domain.principal import Principal
from domain.task import LIVE, CancelIntent, Task
from domain.task_events import (
    CancelMode,
    CancelReason,
    CancelRequested,
    TaskCancelled,
    TaskQueued,
)
from ports.agent_catalog import AgentCatalog
from ports.meter import Meter
from ports.task_queue import Claim
from ports.task_store import Cancellation, IdempotencyKey, Submission, TaskQuery, TaskStore
from ports.wakeups import Hint, Wakeups


class ServerCoordinator:
    """What clients may do with tasks. Each call names the principal who asks."""

    def __init__(
        self,
        *,
        tasks: TaskStore,
        new_tasks: NewTasks,
        agents: AgentCoordinator,
        broadcaster: EventBroadcaster,
        worker: Worker,
        tails: Tails,
        wakeups: Wakeups,
        notifier: CommitNotifier,
        catalog: AgentCatalog,
        meter: Meter,
    ) -> None:
        self._tasks = tasks
        self._new_tasks = new_tasks
        self._agents = agents
        self._broadcaster = broadcaster
        self._worker = worker
        self._tails = tails
        self._wakeups = wakeups
        self._notifier = notifier
        self._catalog = catalog
        self._meter = meter
        self._is_accepting = False

    @property
    def is_accepting(self) -> bool:
        """False before it is opened and while it drains."""
        return self._is_accepting

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Work on what is queued until it is left; leaving drains."""
        async with self._worker.opened(self._run_task, on_kill=self._broadcaster.release_runs):
            with self._wakeups.listen(self._hinted, others_only=True):
                self._is_accepting = True
                try:
                    yield
                finally:
                    self._is_accepting = False

    async def drain(self) -> None:
        """Accept nothing more, end every run; watchers still see how their tasks ended."""
        self._is_accepting = False
        await self._worker.drain()

    def kill_all(self) -> None:
        self._worker.kill_all()

    def add_listener(self, listener: EventListener) -> None:
        """It gets the events that this process writes from now on, each once."""
        self._broadcaster.add_listener(listener)

    async def submit(
        self, principal: Principal, request: SubmitTask, *, reserve: bool = False
    ) -> Submission:
        """Queue a task. A reserved one is carried out by this process and no other.

        Raises Draining, StorageFull, LogUnavailable, UnknownAgent, InvalidInput, SessionBusy,
        IdempotencyKeyReused.
        """
        if not self._is_accepting:
            raise Draining("the server takes no new tasks now")
        self._worker.storage.check()
        task = await self._new_tasks.of(principal, request)
        return await self._broadcaster.shielded(self._queue(task, request, reserve=reserve))

    async def cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        *,
        mode: CancelMode = "graceful",
        reason: CancelReason = "user",
    ) -> Cancellation:
        """Store the intent and act on it; a task that has ended stays as it is."""
        task = await self._tasks.get(principal, task_id)
        intent = CancelIntent(mode=mode, reason=reason, by=principal.name)
        return await self._broadcaster.shielded(
            self._worker.storage.with_reserve(lambda: self._cancel(principal, task, intent))
        )

    async def retry(
        self, principal: Principal, task_id: TaskId, *, idempotency: IdempotencyKey | None = None
    ) -> Submission:
        """Submit an ended task once more, as a new one, or find the one that retries it already.

        Raises StateConflict if it has not ended, and what `submit` raises.
        """
        old = await self._tasks.get(principal, task_id)
        if not old.status.is_final:
            raise StateConflict(
                f"the task is {old.status}; only one that has ended can be retried"
            )
        return await self.submit(principal, replace(resubmission(old), idempotency=idempotency))

    async def get_task(self, principal: Principal, task_id: TaskId) -> Task:
        return await self._tasks.get(principal, task_id)

    async def list_tasks(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        return await self._tasks.list(principal, query)

    async def finished(self, principal: Principal, task_id: TaskId, *, timeout_s: float) -> Task:
        """The task when it has ended, or as it is after that time."""
        task = await self._tasks.get(principal, task_id)
        return await TaskEnd(self._tasks, self._tails, task).wait(timeout_s=timeout_s)

    def profile(self, name: AgentName) -> AgentProfile:
        """Raises AgentNotFound."""
        return self._catalog.get(name)

    async def _run_task(
        self, claim: Claim, run: LiveRun, before_end: Callable[[], None]
    ) -> Ending:
        """One run, whose events the broadcaster stores and gives to those who listen."""
        async with self._broadcaster.sink(origin_of(claim)) as sink:
            try:
                return await self._agents.run(
                    claim.task,
                    sink=sink,
                    stop=run.stop,
                    pauses=run.pauses,
                    is_first=claim.is_first,
                    before_end=before_end,
                )
            finally:
                run.stop.note_end()

    async def _queue(self, task: Task, request: SubmitTask, *, reserve: bool) -> Submission:
        queued = TaskQueued(task=task.text, metadata=task.metadata)
        with self._broadcaster.writing(task.session_id) as write:
            submission = await self._tasks.submit(
                task,
                self._broadcaster.encode(queued, outside_origin(task)),
                on_busy=request.on_busy,
                idempotency=request.idempotency,
                reserved_for=self._worker.settings.worker_id if reserve else None,
            )
            task = submission.task
            if not submission.is_repeat:
                self._notifier.session_created(task.principal, task.session_id, task.session_key)
                write.publish(outside_origin(task), submission.stored)
        if not submission.is_repeat:
            await self._announce(task, request, reserve=reserve)
        return submission

    async def _cancel(
        self, principal: Principal, task: Task, intent: CancelIntent
    ) -> Cancellation:
        origin = outside_origin(task)
        requested = CancelRequested(by=intent.by, mode=intent.mode)
        cancelled = TaskCancelled(reason=intent.reason, by=intent.by, duration_ms=0)
        with self._broadcaster.writing(task.session_id) as write:
            cancellation = await self._tasks.request_cancel(
                principal,
                task.task_id,
                intent,
                requested=self._broadcaster.encode(requested, origin),
                cancelled=self._broadcaster.encode(cancelled, origin),
            )
            write.publish(origin, cancellation.stored)
        if cancellation.task.status.is_final and cancellation.stored:
            self._meter.task_ended(cancellation.task.status, cancellation.task.reason)
        if cancellation.task.status in LIVE:
            self._worker.runs.stop(task.task_id, Cancelled(intent))
        self._notifier.intent_stored()
        return cancellation

    async def _announce(self, task: Task, request: SubmitTask, *, reserve: bool) -> None:
        self._meter.add("tasks_submitted")
        if reserve:
            self._worker.reserve(task.task_id)
        self._worker.wake()
        self._notifier.task_queued(task)
        if request.on_busy == "interrupt":
            for busy in await superseded_by(task, self._tasks):
                await self.cancel(task.principal, busy.task_id, reason="superseded")

    def _hinted(self, hint: Hint) -> None:
        if hint is None:
            self._worker.wake()
