"""The RunContext of one run: its profile, limits and workspace, and the way of its events."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from application.asking.approval_gate import ApprovalGate
from application.asking.questions import OpenQuestions
from application.casting.redacted_events import RedactedEvents
from application.running.call_outputs import OF_CALLS, CallOutputs
from application.running.run_signals import LimitHit, PauseSignal, ShutDown, StopSignal
from application.running.working_time import CallTimes, WorkingTime
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import StorageFull
from domain.events import AgentEvent
from domain.ledger import Ledger, over_limit
from domain.process_events import ProcessStarted, ResourceUsage
from domain.redaction import Redactor
from domain.task import Task
from domain.task_events import FinalEvent, TaskPaused, TaskResumed
from domain.thinking_events import TokenUsage
from domain.tool_events import InputReceived, InputRequired
from domain.usage import Usage
from domain.workspace_events import SandboxStatus
from ports.agent_threads import AgentThreads
from ports.clock import Clock
from ports.event_sink import EventSink

GRACE_S = 5.0
_BEFORE_OUTPUT = (ProcessStarted, SandboxStatus, ResourceUsage)


class TaskContext:
    """Each event is recorded in the ledger, masked, kept if it is of a tool call, and emitted."""

    def __init__(
        self,
        *,
        task: Task,
        profile: AgentProfile,
        ledger: Ledger,
        workspace: str,
        thread: AgentThread | None,
        redactor: Redactor,
        outputs: CallOutputs,
        sink: EventSink,
        approvals: ApprovalGate,
        questions: OpenQuestions,
        threads: AgentThreads,
        stop: StopSignal,
        pauses: PauseSignal,
        time: WorkingTime,
        clock: Clock,
        is_resumable: bool = False,
        was_paused: bool = False,
    ) -> None:
        """`is_resumable`: a later attempt can go on where this one ends. `was_paused`: an earlier
        attempt ended while it was paused."""
        self.profile = profile
        self.ledger = ledger
        self.workspace = workspace
        self.thread = thread
        self.redactor = redactor
        self.time = time
        self.last_event_at = time.now()
        self.has_output = False
        """Whether the agent has emitted anything since its process was started."""
        self.is_handed_back = False
        """Known when the run is about to be cancelled: a later attempt goes on."""
        self._task = task
        self._redacted = RedactedEvents(redactor)
        self._outputs = outputs
        self._sink = sink
        self._approvals = approvals
        self._questions = questions
        self._threads = threads
        self._stop = stop
        self._pauses = pauses
        self._is_resumable = is_resumable
        self._was_paused = was_paused
        self._calls = CallTimes(clock)
        self._follow: Callable[[AgentEvent], Awaitable[None]] | None = None
        self._asking = asyncio.Lock()
        self._asking_call: str | None = None
        """The call whose question is open."""
        self._kept_call: str | None = None
        self._is_paused = False
        self._has_asked = False

    @property
    def usage(self) -> Usage | None:
        """What the task has used of models so far; None if nothing."""
        return self.ledger.usage if self.ledger.usage != Usage() else None

    @property
    def grace_s(self) -> float:
        return 0.0 if self._stop.is_urgent else GRACE_S

    def check_limits(self) -> None:
        if self._stop.cause is None and (reason := self.ledger.passed):
            self._stop.request(LimitHit(reason, over_limit(reason)))

    def prepare_to_stop(self) -> None:
        """To be called before the run is cancelled."""
        if not self._is_resumable or not isinstance(self._stop.cause, ShutDown):
            return
        # A later attempt can also wait for the same person.
        is_waiting = self._is_paused or self._calls.only_wait
        if is_waiting or self.profile.on_lost == "requeue":
            self.is_handed_back = True
            self._kept_call = self._asking_call

    def is_kept(self, call_id: str) -> bool:
        return call_id == self._kept_call

    async def emit(self, event: AgentEvent) -> None:
        if not isinstance(event, ResourceUsage):  # a silent agent uses something too
            self.last_event_at = self.time.now()
        if isinstance(event, ProcessStarted):
            self.has_output = False  # the output of what prepares an agent is not its own
        self.has_output = self.has_output or not isinstance(event, _BEFORE_OUTPUT)
        self.ledger.record(event)
        self.check_limits()
        await self._emit(self._redacted.of(self._calls.without_waiting(event)))
        if self._follow is not None or isinstance(event, TokenUsage):
            await self._follow_up(event)

    async def emit_all(self, events: Iterable[AgentEvent]) -> None:
        self.last_event_at = self.time.now()
        self.has_output = True
        for event in events:
            self.ledger.record(event)
            await self._emit(self._redacted.of(self._calls.without_waiting(event)))
            if self._follow is not None or isinstance(event, TokenUsage):
                await self._follow_up(event)
        # Not sooner: a run that is stopped while it waits for the log loses the rest of its burst.
        self.check_limits()

    def follow(self, look: Callable[[AgentEvent], Awaitable[None]]) -> None:
        self._follow = look

    async def recorded(self) -> None:
        await self._sink.recorded()

    def keep_output(self, call_id: str, text: str) -> None:
        self._outputs.set_whole(call_id, self.redactor.text(text))

    async def end(self, event: FinalEvent) -> None:
        """Emit the last event of the run. Raises what storing it fails with."""
        *held_back, last = self._redacted.of(event)
        with suppress(StorageFull):  # the log has a reserve for the last event, for no other
            await self._emit(held_back)
        assert isinstance(last, FinalEvent)
        await self._sink.end(last, usage=self.usage)

    async def pause_point(self) -> None:
        was_paused, self._was_paused = self._was_paused, False
        if was_paused and not self._pauses.is_wanted:
            await self.emit(TaskResumed(by=self._pauses.by))
        while self._pauses.is_wanted:
            async with self._asking:
                with self.time.stopped(), self._paused():
                    await self.emit(TaskPaused(reason="user"))
                    resumed_by = await self._pauses.resumed()
            await self.emit(TaskResumed(by=resumed_by))

    async def keep_thread(self, thread: AgentThread) -> None:
        await self._threads.keep(self._task.session_key, self._task.agent, thread)
        self.thread = thread

    async def forget_thread(self) -> None:
        await self._threads.forget(self._task.session_key, self._task.agent)
        self.thread = None
        self.has_output = False

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
                with self.time.stopped(), self._asking_for(request.call_id):
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
                with self.time.stopped(), self._asking_for(call_id):
                    await self._questions.open(self._task, call_id)
                    await self.emit(InputRequired(prompt=question, choices=tuple(choices) or None))
                    answer = await self._questions.reply(self._task, call_id)
                # Before the next question is emitted: else a waiting task would look running.
                await self.emit(InputReceived(kind="message", by=answer.by))
        return answer.text

    async def forget_answers(self) -> None:
        """When the task has ended: until then an attempt after this one may need them."""
        if self._has_asked:
            await self._questions.forget(self._task.task_id)

    @contextmanager
    def _paused(self) -> Iterator[None]:
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    @contextmanager
    def _asking_for(self, call_id: str) -> Iterator[None]:
        self._asking_call = call_id
        try:
            yield
        finally:
            self._asking_call = None

    async def _follow_up(self, event: AgentEvent) -> None:
        if isinstance(event, TokenUsage):
            for error in self.ledger.uncounted(event, kind=self.profile.kind):
                await self._emit(self._redacted.of(error))
        if self._follow is not None:
            await self._follow(event)

    async def _emit(self, masked: Iterable[AgentEvent]) -> None:
        full: StorageFull | None = None
        for event in masked:
            try:
                if isinstance(event, OF_CALLS):
                    await self._outputs.take(event)  # sooner: who sees a result can read all of it
            except StorageFull as failure:  # of the archive: the log takes the events all the same
                full = failure
            finally:
                await self._sink.emit(event)
        if full is not None:
            raise full
