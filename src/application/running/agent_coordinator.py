"""Carries out one task, from its start to its one final event."""

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from application.asking.approval_gate import ApprovalGate
from application.asking.questions import OpenQuestions
from application.casting.redacted_events import redacted
from application.recall.prior_attempts import RESUMED_KINDS, PriorAttempts
from application.recall.session_memory import SessionMemory
from application.running.call_outputs import CallOutputs
from application.running.final_event import final_of_outcome, final_of_stop
from application.running.profile_check import profile_for
from application.running.run_signals import (
    Cancelled,
    LimitHit,
    LostLease,
    PauseSignal,
    ShutDown,
    StopSignal,
)
from application.running.stoppable_run import cause_of, run_until_stopped
from application.running.task_context import TaskContext
from application.running.working_time import WorkingTime
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
from domain.ledger import Ledger
from domain.limits import Limits
from domain.redaction import Redactor
from domain.task import Task
from domain.task_events import FinalEvent, TaskStarted
from domain.usage import Usage
from ports.agent_catalog import AgentCatalog
from ports.agent_threads import AgentThreads
from ports.clock import Clock
from ports.event_sink import EventSink
from ports.output_archive import OutputArchive
from ports.runner import Completed, Failed, Outcome, Runner
from ports.secrets import Secrets
from ports.workspaces import Workspaces

log = logging.getLogger(__name__)

Ending = Literal["ended", "handed_back", "lost"]
"""`handed_back`: stopped by a shutdown, without a final event, to be queued again. `lost`: the
lease or the log is gone; the worker that takes the lease over ends the task."""


class AgentCoordinator:
    """Knows nothing of servers, logs or streams: a run emits its events to a sink, and that is all."""

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
        resuming: Collection[str] = RESUMED_KINDS,
        output_max_bytes: int | None = None,
    ) -> None:
        """`output_max_bytes` is the limit of output where neither task nor agent has one. `resuming`
        are the kinds that continue where an earlier attempt ended, `programs` those whose output
        is archived as the program writes it.
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
        self._resuming = resuming
        self._output_max_bytes = output_max_bytes

    async def run(
        self,
        task: Task,
        *,
        sink: EventSink,
        stop: StopSignal,
        pauses: PauseSignal,
        is_first: bool,
        before_end: Callable[[], None] = lambda: None,
    ) -> Ending:
        """Carry out a claimed task. Never raises for what the agent does.

        `is_first`: no earlier run of the task has left events. `before_end` is called when the
        agent has ended, before its outcome becomes the last event.
        """
        run = _Run(task, sink, stop, pauses, is_first, WorkingTime(self._clock))
        try:
            outcome = await self._outcome(run)
            before_end()  # the agent may have ended by a lost lease that was not noticed yet
            if sink.failure is not None:  # a run that is not in the log has not been carried out
                stop.request(cause_of(sink.failure))
            ending = await self._end(run, outcome)
            if ending == "ended" and run.context is not None:
                with suppress(AgentcastError):
                    await run.context.forget_answers()
            return ending
        except (LeaseLost, LogUnavailable, StorageFull) as error:
            log.warning("task %s ends without a final event: %s", task.task_id, error)
            return "lost"

    async def _outcome(self, run: "_Run") -> Outcome | None:
        """What the runner returned, or what its error means; None when it was stopped."""
        try:
            return await self._carry_out(run)
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
            log.exception("the runner of task %s failed", run.task.task_id)
            return Failed(error="the agent failed unexpectedly", reason="agent_error")

    async def _carry_out(self, run: "_Run") -> Outcome | None:
        task = run.task
        profile = profile_for(task, await self._catalog.find(task.agent))
        # An agent may reveal the secrets of any other: it may have read their configuration.
        run.redactor = self._secrets.redactor(self._catalog.known())
        past = await self._past(run, profile)
        resumed_from = past.last_seq if past.has_begun else None
        await run.sink.emit(
            TaskStarted(
                worker_id=task.worker_id or "", agent_kind=profile.kind, resumed_from=resumed_from
            )
        )
        if (runner := self._runners.get(profile.kind)) is None:
            raise StartFailed(f"nothing here can run agents of kind {profile.kind!r}")
        thread = await self._threads.find(task.session_key, task.agent)
        workspace = await self._workspaces.folder(task, profile)
        async with self._archive.writing(task.task_id) as kept:
            run.context = TaskContext(
                task=task,
                profile=profile,
                ledger=self._ledger(task, profile, past),
                workspace=workspace,
                thread=thread,
                redactor=run.redactor,
                outputs=CallOutputs(kept, apart=profile.kind in self._programs),
                sink=run.sink,
                approvals=self._approvals,
                questions=self._questions,
                threads=self._threads,
                stop=run.stop,
                pauses=run.pauses,
                time=run.time,
                clock=self._clock,
                is_resumable=profile.kind in self._resuming,
                was_paused=past.is_paused,
            )
            return await run_until_stopped(runner, task, run.context, sink=run.sink, stop=run.stop)

    async def _past(self, run: "_Run", profile: AgentProfile) -> PriorAttempts:
        """The earlier attempts that this one goes on from; empty where it begins anew."""
        if run.is_first or profile.kind not in self._resuming:
            return PriorAttempts()
        return await self._memory.past_of(run.task)

    def _ledger(self, task: Task, profile: AgentProfile, past: PriorAttempts) -> Ledger:
        limits = (task.limits or Limits()).within(profile.limits)
        if limits.output_bytes is not None:
            return replace(past.ledger, limits=limits)
        # Parsed output becomes other events than `log`: it is judged where it is read.
        limits = replace(limits, output_bytes=self._output_max_bytes)
        return replace(past.ledger, limits=limits, most_stored=self._output_max_bytes)

    async def _end(self, run: "_Run", outcome: Outcome | None) -> Ending:
        cause, taken = run.stop.cause, run.time.taken
        is_over_limit = isinstance(cause, LimitHit) and isinstance(outcome, Completed)
        if outcome is not None and not is_over_limit and not isinstance(cause, LostLease):
            await run.end(final_of_outcome(outcome, taken=taken, usage=run.usage))
            return "ended"
        match cause:
            case None | LostLease():
                return "lost"
            case ShutDown() if run.is_handed_back:
                return "handed_back"
            case Cancelled() | ShutDown() | LimitHit():
                await run.end(final_of_stop(cause, attempt=run.task.attempt, taken=taken))
                return "ended"


@dataclass(slots=True)
class _Run:
    """One call of AgentCoordinator.run. Its context is there once the agent can be started."""

    task: Task
    sink: EventSink
    stop: StopSignal
    pauses: PauseSignal
    is_first: bool
    time: WorkingTime
    redactor: Redactor = field(default_factory=Redactor)
    context: TaskContext | None = None

    @property
    def usage(self) -> Usage | None:
        """What the task has used of models so far; None if nothing."""
        return self.context.usage if self.context else None

    @property
    def is_handed_back(self) -> bool:
        context = self.context
        return context is not None and (
            context.profile.on_lost == "requeue" or context.is_handed_back
        )

    async def end(self, event: FinalEvent) -> None:
        if self.context is not None:
            await self.context.end(event)
        else:
            await self.sink.end(redacted(event, self.redactor))
