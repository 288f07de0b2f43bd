"""The runner of one kind of agent, and what a run gives it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.events import AgentEvent
from domain.ledger import Ledger, over_limit
from domain.redaction import Redactor
from domain.task import Task
from domain.task_events import FailureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    final_answer: str
    total_iterations: int | None = None
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    error: str
    reason: FailureReason
    exit_code: int | None = None

    @classmethod
    def by_limit(cls, reason: FailureReason) -> "Failed":
        return cls(error=over_limit(reason), reason=reason)


Outcome = Completed | Failed


class RunEvents(Protocol):
    """Where a run reports what it does."""

    async def emit(self, event: AgentEvent) -> None:
        """Record one event. Awaiting it is the back-pressure of the log.

        Raises LeaseLost or LogUnavailable when the run must not go on.
        """

    async def emit_all(self, events: Iterable[AgentEvent]) -> None:
        """Record a burst of a few hundred events, as `emit` would one by one, for less.

        The next one is taken when the one before is recorded. Limits are checked at the end.
        """

    def follow(self, look: Callable[[AgentEvent], Awaitable[None]]) -> None:
        """Await `look` after each event from now on, also those that it emits itself.

        For one follower, before the first event of the runner.
        """

    def keep_output(self, call_id: str, text: str) -> None:
        """Archive this when the call completes, as its whole output beside what it streamed.

        For a result that is cut before it is emitted; others are archived as they are emitted.
        """

    async def recorded(self) -> None:
        """Returns when all that was emitted is durable: before a step that cannot be undone.

        Raises LeaseLost or LogUnavailable when the run must not go on.
        """


class RunThread(Protocol):
    """The conversation that an agent of another program keeps itself, over tasks of a session."""

    @property
    def thread(self) -> AgentThread | None:
        """The one that is kept for this agent in this session."""

    async def keep_thread(self, thread: AgentThread) -> None:
        """Have the session's next task of this agent go on with this conversation.

        Raises LogUnavailable when the run must not go on.
        """

    async def forget_thread(self) -> None:
        """Keep none, and wait for the agent's first output as at the beginning: it starts anew.

        Raises LogUnavailable when the run must not go on.
        """


class RunQuestions(Protocol):
    """How a run waits for people: the time does not count against its deadlines, and it asks one
    thing at a time. Waiting raises LeaseLost or LogUnavailable when the run must not go on.
    """

    async def pause_point(self) -> None:
        """Wait here for as long as somebody wants the task paused; nothing may be half done."""

    def is_kept(self, call_id: str) -> bool:
        """Whether the run ends without ending this call: a later attempt waits for its answer."""

    async def approve(
        self,
        request: ApprovalRequest,
        *,
        asked: StoredApproval | None = None,
        is_withdrawn: Callable[[], bool] = lambda: False,
    ) -> ApprovalDecision:
        """Ask whether the run may do this, and wait for the answer; only `approved` allows it.

        The question and its answer become events. What the answer allows is allowed once, with
        exactly these arguments. `asked` is the same question of an earlier attempt: it is shown
        again, and its answer holds. Once the question `is_withdrawn`, it expires within seconds.
        """

    async def ask(self, question: str, *, call_id: str, choices: Sequence[str] = ()) -> str:
        """Ask the people who watch the task for this call, and wait for the answer, which is a text.

        `choices` are proposed; the answer may be another. The question and that there was an
        answer become events.
        """


class RunContext(RunEvents, RunThread, RunQuestions, Protocol):
    """What a runner is given besides its task."""

    @property
    def profile(self) -> AgentProfile: ...

    @property
    def ledger(self) -> Ledger:
        """What the task has used, and its limits; `emit` records each event in it."""

    @property
    def workspace(self) -> str:
        """An existing folder to work in."""

    @property
    def grace_s(self) -> float:
        """How long a process may take to end when asked to; 0 after a cancel by `kill`."""

    @property
    def redactor(self) -> Redactor:
        """Knows the secrets of the profile. What is emitted goes through it in any case."""


class Runner(Protocol):
    async def run(self, task: Task, context: RunContext) -> Outcome:
        """Carry the task out, once. What the runner started has ended when it returns.

        A run is stopped by cancellation: let CancelledError pass, after stopping what was
        started. Do not emit final events. StartFailed, ModelError and ToolError become a failed
        task; any other exception does too, as a bug.
        """
