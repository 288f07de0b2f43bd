"""Carries out one task, from its start to its one final event."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from application.asking.approval_gate import ApprovalGate
from application.asking.questions import OpenQuestions
from application.recall.prior_attempts import RESUMED_KINDS
from application.recall.session_memory import SessionMemory
from application.running.call_outputs import CallOutputs
from application.running.final_event import final_of_outcome, final_of_stop
from application.running.pause_signal import PauseSignal
from application.running.profile_check import profile_for
from application.running.run_deadlines import RunDeadlines
from application.running.stop_signal import Cancelled, LimitHit, LostLease, ShutDown, StopSignal
from application.running.task_context import GRACE_S, TaskContext
from domain.agent_profile import AgentProfile
from domain.errors import (
    AgentcastError,
    AgentNotFound,
    LeaseLost,
    LogUnavailable,
    ModelError,
    StartFailed,
    StorageFull,
)
from domain.events import EventListener, Origin
from domain.ledger import Ledger
from domain.limits import Limits
from domain.task import Task
from domain.task_events import TaskStarted
from domain.usage import Usage
from ports.agent_catalog import AgentCatalog
from ports.agent_threads import AgentThreads
from ports.clock import Clock
from ports.meter import Meter
from ports.output_archive import OutputArchive
from ports.runner import Completed, Failed, Outcome, Runner
from ports.secrets import Secrets
from ports.workspaces import Workspaces

log = logging.getLogger(__name__)

Ending = Literal["ended", "handed_back", "lost"]
"""`handed_back`: stopped by a shutdown, without a final event, to be queued again. `lost`: the
lease or the log is gone, and whoever takes the lease will end the task."""

_PATIENCE_S = 10.0  # for a runner that does not end when it is cancelled, beyond its grace
_URGENT_S = 1.0  # for one that is to end at once


class AgentCoordinator:
    """Knows nothing of servers, logs or streams: its runs have one listener, and that is all."""

    def __init__(
        self,
        *,
        runners: Mapping[str, Runner],
        catalog: AgentCatalog,
        workspaces: Workspaces,
        approvals: ApprovalGate,
        questions: OpenQuestions,
        threads: AgentThreads,
        memory: SessionMemory,
        secrets: Secrets,
        archive: OutputArchive,
        programs: Collection[str],
        clock: Clock,
        meter: Meter,
        resuming: Collection[str] = RESUMED_KINDS,
        output_max_bytes: int | None = None,
    ) -> None:
        """`output_max_bytes` holds where neither task nor agent has a limit, `resuming` are the
        kinds that go on where an earlier attempt was lost, `programs` those whose output is kept
        as it is written.
        """
        self._runners = runners
        self._catalog = catalog
        self._workspaces = workspaces
        self._approvals = approvals
        self._questions = questions
        self._threads = threads
        self._memory = memory
        self._secrets = secrets
        self._archive = archive
        self._programs = programs
        self._clock = clock
        self._meter = meter
        self._resuming = resuming
        self._output_max_bytes = output_max_bytes

    async def run(
        self,
        task: Task,
        origin: Origin,
        *,
        listener: EventListener,
        stop: StopSignal,
        pauses: PauseSignal,
        recorded: Callable[[], Awaitable[None]],
        before_end: Callable[[], None] = lambda: None,
    ) -> Ending:
        """Carry out a claimed task. Never raises for what the agent does."""
        context = TaskContext(
            task=task,
            profile=AgentProfile(name=task.agent, kind="unknown"),
            ledger=Ledger(limits=task.limits or Limits()),
            workspace="",
            origin=origin,
            listener=listener,
            approvals=self._approvals,
            questions=self._questions,
            threads=self._threads,
            stop=stop,
            pauses=pauses,
            clock=self._clock,
            meter=self._meter,
            recorded=recorded,
        )
        try:
            outcome = await self._outcome(task, origin, context, stop)
            before_end()  # a lost lease may be why the agent has ended: nobody may have seen it yet
            ending = await self._end(task, context, outcome, stop)
            if ending == "ended":
                with suppress(AgentcastError):
                    await context.forget_answers()
            return ending
        except (LeaseLost, LogUnavailable, StorageFull) as error:
            log.warning("task %s ends without a final event: %s", task.task_id, error)
            return "lost"

    async def _outcome(
        self, task: Task, origin: Origin, context: TaskContext, stop: StopSignal
    ) -> Outcome | None:
        """What the runner returned, or made of what it raised; None when it was stopped."""
        try:
            runner = await self._prepare(task, origin, context)
            async with self._archive.writing(task.task_id) as kept:
                is_program = context.profile.kind in self._programs
                context.outputs = CallOutputs(kept, apart=is_program)
                return await self._run_until_stopped(runner, task, context, stop)
        except (StartFailed, AgentNotFound) as error:
            return Failed(error=str(error), reason="start_failed")
        except ModelError as error:
            return Failed(error=str(error), reason="model_error")
        except StorageFull as error:
            return Failed(error=str(error), reason="storage_full")
        except (LeaseLost, LogUnavailable):
            raise
        except AgentcastError as error:
            return Failed(error=str(error), reason="agent_error")
        except Exception:  # boundary: a bug in a runner fails its task, not the server
            log.exception("the runner of task %s failed", task.task_id)
            return Failed(error="the agent failed unexpectedly", reason="agent_error")

    async def _prepare(self, task: Task, origin: Origin, context: TaskContext) -> Runner:
        profile = profile_for(task, await self._catalog.find(task.agent))
        context.profile = profile
        # Whatever an agent gives away may be another's: it may have read how that is configured.
        context.redact(self._secrets.redactor(self._catalog.known()))
        ledger = context.ledger
        ledger.limits = ledger.limits.within(profile.limits)
        if ledger.limits.output_bytes is None:
            ledger.most_stored = self._output_max_bytes
            # Output that is understood becomes other events, and is judged where it is read.
            ledger.limits = replace(ledger.limits, output_bytes=self._output_max_bytes)
        at = await self._take_up(task, origin, context)
        worker_id, kind = task.worker_id or "", profile.kind
        await context.emit(TaskStarted(worker_id=worker_id, agent_kind=kind, resumed_from=at))
        if (runner := self._runners.get(profile.kind)) is None:
            raise StartFailed(f"nothing here can run agents of kind {profile.kind!r}")
        await context.find_thread()
        context.workspace = await self._workspaces.folder(task, profile)
        return runner

    async def _take_up(self, task: Task, origin: Origin, context: TaskContext) -> int | None:
        """The last seq of the runs before this one, whose spending counts on."""
        if context.profile.kind not in self._resuming:
            return None
        context.may_go_on_later = context.profile.on_lost == "requeue"
        if not origin.has_earlier_runs:
            return None
        past = await self._memory.past_of(task)
        now, context.was_paused = context.ledger, past.is_paused
        context.ledger = replace(past.ledger, limits=now.limits, most_stored=now.most_stored)
        return past.last_seq if past.has_begun else None

    async def _run_until_stopped(
        self, runner: Runner, task: Task, context: TaskContext, stop: StopSignal
    ) -> Outcome | None:
        if stop.cause is not None:
            return None
        deadlines = RunDeadlines(context, stop)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(deadlines.watch())
            stopped = group.create_task(stop.requested())
            run = asyncio.ensure_future(runner.run(task, context))
            try:
                await asyncio.wait({run, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not run.done():
                    context.prepare_to_stop(may_wait=context.profile.kind in self._resuming)
                    await self._stop_run(run, stop)
            finally:
                run.cancel()
                watch.cancel()
                stopped.cancel()
        return self._result_of(run, task)

    async def _stop_run(self, run: asyncio.Future[Outcome], stop: StopSignal) -> None:
        run.cancel()
        if not stop.is_urgent:
            urged = asyncio.ensure_future(stop.urged())
            either: set[asyncio.Future[Outcome] | asyncio.Future[None]] = {run, urged}
            await asyncio.wait(
                either, timeout=GRACE_S + _PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
            )
            urged.cancel()
        else:
            await asyncio.wait({run}, timeout=_URGENT_S)
        if not run.done():
            run.cancel()
            await asyncio.wait({run}, timeout=_URGENT_S)

    def _result_of(self, run: asyncio.Future[Outcome], task: Task) -> Outcome | None:
        if not run.done():
            log.error("the runner of task %s does not stop; it is left behind", task.task_id)
            return None
        return None if run.cancelled() else run.result()

    async def _end(
        self, task: Task, context: TaskContext, outcome: Outcome | None, stop: StopSignal
    ) -> Ending:
        taken = context.time.taken
        usage = context.ledger.usage if context.ledger.usage != Usage() else None
        is_over_limit = isinstance(stop.cause, LimitHit) and isinstance(outcome, Completed)
        if outcome is not None and not is_over_limit and not isinstance(stop.cause, LostLease):
            await context.emit(final_of_outcome(outcome, taken=taken, usage=usage))
            return "ended"
        match stop.cause:
            case None | LostLease():
                return "lost"
            case ShutDown() if context.profile.on_lost == "requeue" or context.is_handed_back:
                return "handed_back"
            case Cancelled() | ShutDown() | LimitHit():
                await context.emit(final_of_stop(stop.cause, attempt=task.attempt, taken=taken))
                return "ended"
