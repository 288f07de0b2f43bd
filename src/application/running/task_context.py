"""What one run is given: its profile, its folder, and a way to tell what it does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from application.asking.approval_gate import ApprovalGate
from application.asking.questions import OpenQuestions
from application.casting.redacted_events import RedactedEvents
from application.running.call_outputs import OF_CALLS, CallOutputs
from application.running.pause_signal import PauseSignal
from application.running.stop_signal import LimitHit, ShutDown, StopSignal
from application.running.working_time import CallTimes, WorkingTime
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import LeaseLost, LogUnavailable, StorageFull
from domain.events import AgentEvent, EventListener, Origin
from domain.ledger import Ledger, over_limit
from domain.process_events import ProcessStarted, ResourceUsage
from domain.redaction import Redactor
from domain.task import Task
from domain.task_events import TaskPaused, TaskResumed, TaskStarted
from domain.thinking_events import TokenUsage
from domain.tool_events import InputReceived, InputRequired
from domain.workspace_events import SandboxStatus
from ports.agent_threads import AgentThreads
from ports.clock import Clock
from ports.meter import Meter

log = logging.getLogger(__name__)

GRACE_S = 5.0
_BEFORE_THE_FIRST_WORD = (TaskStarted, ProcessStarted, SandboxStatus, ResourceUsage)


class TaskContext:
    """The RunContext of one attempt; every event of the run goes through it."""

    def __init__(
        self,
        *,
        task: Task,
        profile: AgentProfile,
        ledger: Ledger,
        workspace: str,
        origin: Origin,
        listener: EventListener,
        approvals: ApprovalGate,
        questions: OpenQuestions,
        threads: AgentThreads,
        stop: StopSignal,
        pauses: PauseSignal,
        clock: Clock,
        meter: Meter,
        recorded: Callable[[], Awaitable[None]],
    ) -> None:
        self.profile = profile
        self.ledger = ledger
        self.workspace = workspace
        self.time = WorkingTime(clock)
        self._calls = CallTimes(clock)
        self.last_event_at = self.time.now()
        self.has_spoken = False
        self.was_paused = False
        """An earlier attempt ended while it rested."""
        self.outputs: CallOutputs | None = None
        """Where what its tool calls give is kept."""
        self.may_go_on_later = False
        """A later attempt would go on where this one ended."""
        self.is_handed_back = False
        """Known when the run is about to be cancelled: a later attempt goes on."""
        self._task = task
        self.thread: AgentThread | None = None
        self._approvals = approvals
        self._questions = questions
        self._threads = threads
        self._asking = asyncio.Lock()
        self._asked_for: str | None = None
        """The call whose question is open."""
        self._kept_call: str | None = None
        self._is_resting = False
        self._has_asked = False
        self._origin = origin
        self._listener = listener
        self._stop = stop
        self._pauses = pauses
        self._meter = meter
        self._recorded = recorded
        self.redact(Redactor())

    @property
    def grace_s(self) -> float:
        return 0.0 if self._stop.is_urgent else GRACE_S

    def prepare_to_stop(self, *, may_wait: bool) -> None:
        """Before the run is cancelled. `may_wait`: a later one can wait for the same person."""
        waits = may_wait and (self._is_resting or self._calls.only_wait)
        if isinstance(self._stop.cause, ShutDown) and (self.may_go_on_later or waits):
            self.is_handed_back = True
            self._kept_call = self._asked_for

    def is_kept(self, call_id: str) -> bool:
        return call_id == self._kept_call

    async def emit(self, event: AgentEvent) -> None:
        if not isinstance(event, ResourceUsage):  # a silent agent uses something too
            self.last_event_at = self.time.now()
        if isinstance(event, ProcessStarted):
            self.has_spoken = False  # what prepares an agent speaks no word of it
        self.has_spoken = self.has_spoken or not isinstance(event, _BEFORE_THE_FIRST_WORD)
        self.ledger.record(event)
        self._check_limits()
        await self._tell_all(event)
        if isinstance(event, TokenUsage):
            await self._report_uncounted(event)

    async def emit_all(self, events: Iterable[AgentEvent]) -> None:
        self.last_event_at = self.time.now()
        self.has_spoken = True
        for event in events:
            self.ledger.record(event)
            await self._tell_all(event)
            if isinstance(event, TokenUsage):
                await self._report_uncounted(event)
        # Not sooner: a run that is stopped while it waits for the log loses the rest of its burst.
        self._check_limits()

    def redact(self, redactor: Redactor) -> None:
        """Mask its secrets in all that is told from now on."""
        self.redactor = redactor
        self._redacted = RedactedEvents(redactor)

    async def recorded(self) -> None:
        await self._recorded()

    def keep_output(self, call_id: str, text: str) -> None:
        if self.outputs is not None:
            self.outputs.know_whole(call_id, self.redactor.text(text))

    async def pause_point(self) -> None:
        was_paused, self.was_paused = self.was_paused, False
        if was_paused and not self._pauses.is_wanted:
            await self.emit(TaskResumed(by=self._pauses.by))
        while self._pauses.is_wanted:
            async with self._asking:
                with self.time.standing_still(), self._resting():
                    await self.emit(TaskPaused(reason="user"))
                    resumed_by = await self._pauses.resumed()
            await self.emit(TaskResumed(by=resumed_by))

    @contextmanager
    def _resting(self) -> Iterator[None]:
        self._is_resting = True
        try:
            yield
        finally:
            self._is_resting = False

    @contextmanager
    def _asking_for(self, call_id: str) -> Iterator[None]:
        self._asked_for = call_id
        try:
            yield
        finally:
            self._asked_for = None

    def _check_limits(self) -> None:
        if self._stop.cause is not None:
            return
        if reason := self.ledger.passed:
            self._stop.request(LimitHit(reason, over_limit(reason)))

    async def _report_uncounted(self, event: TokenUsage) -> None:
        for error in self.ledger.uncounted(event, kind=self.profile.kind):
            await self._tell_all(error)

    async def find_thread(self) -> None:
        self.thread = await self._threads.find(self._task.session_key, self._task.agent)

    async def keep_thread(self, thread: AgentThread) -> None:
        await self._threads.keep(self._task.session_key, self._task.agent, thread)
        self.thread = thread

    async def forget_thread(self) -> None:
        await self._threads.forget(self._task.session_key, self._task.agent)
        self.thread = None
        self.has_spoken = False

    async def approve(
        self,
        request: ApprovalRequest,
        *,
        asked: StoredApproval | None = None,
        is_withdrawn: Callable[[], bool] = lambda: False,
    ) -> ApprovalDecision:
        # Two open questions at once: the first answer would make a waiting task look running.
        with self._calls.waiting(request.call_id):
            async with self._asking:
                with self.time.standing_still(), self._asking_for(request.call_id):
                    return await self._approvals.ask(
                        self._task,
                        request,
                        asked=asked,
                        is_withdrawn=is_withdrawn,
                        redactor=self.redactor,
                        emit=self.emit,
                        is_kept=lambda: self.is_kept(request.call_id),
                    )

    async def ask(self, question: str, *, call_id: str, choices: Sequence[str] = ()) -> str:
        self._has_asked = True
        with self._calls.waiting(call_id):
            async with self._asking:
                with self.time.standing_still(), self._asking_for(call_id):
                    await self._questions.open(self._task, call_id)
                    proposed = tuple(choices) or None
                    await self.emit(InputRequired(prompt=question, choices=proposed))
                    answer = await self._questions.reply(self._task, call_id)
                # ToolOutcome before the next question, or a task that waits would look as if it ran.
                await self.emit(InputReceived(kind="message", by=answer.by))
        return answer.text

    async def forget_answers(self) -> None:
        """When the task has ended: until then an attempt after this one may need them."""
        if self._has_asked:
            await self._questions.forget(self._task.task_id)

    async def _tell_all(self, event: AgentEvent) -> None:
        for shown in self._redacted.of(self._calls.apart(event)):
            try:
                # Sooner, so that whoever sees a result can read all of it.
                if self.outputs is not None and isinstance(shown, OF_CALLS):
                    await self.outputs.take(shown)
            finally:
                try:
                    await self._listener.on_event(shown, self._origin)
                except (LeaseLost, LogUnavailable, StorageFull):
                    raise
                except Exception:  # boundary: what goes wrong with one event does not end the run
                    self._meter.add("listener_errors")
                    log.exception("an event of task %s was not taken", self._origin.task_id)
