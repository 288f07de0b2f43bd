"""A process host whose processes are scripted by a test, and a run context that records."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import anyio

from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import StartFailed, StateConflict
from domain.events import AgentEvent
from domain.ids import AgentName, CallId, SessionId, SessionKey, TaskId
from domain.ledger import Ledger
from domain.limits import Limits
from domain.principal import LOCAL
from domain.process_events import Log, OutputStream
from domain.redaction import Redactor
from domain.task import Task, TaskStatus
from ports.process import Command, Exit, Output, ProcessUsage
from ports.tool import ToolContext
from tests.patience import PATIENCE_S

APPROVED = ApprovalDecision(decision="approved", by="policy")
THINKING = AgentProfile(name=AgentName("react"), kind="react")


class FakeProcess:
    """Runs until a test ends it with `end`, or it is stopped; then it ends by SIGTERM, or by SIGKILL.

    It records what is done to it; its input is open and read at once, until it has ended.
    """

    pid = 4242
    sandbox = "none"

    def __init__(self, *, before_each: Callable[[], None] = lambda: None) -> None:
        self._before_each = before_each
        self.graces: list[float] = []
        self.was_left = False
        self.typed: list[bytes] = []
        self.input_is_open = True
        self.sizes: list[tuple[int, int]] = []
        self.signals: list[int] = []
        self.used = ProcessUsage(cpu_percent=0.0, rss_bytes=0, processes=1)
        self._written: list[Output] = []
        self._exit: Exit | None = None
        self._changed = anyio.Event()

    def emit(self, text: str, stream: OutputStream = "pty") -> None:
        self._written.append(Output(stream=stream, text=text))
        self._change()

    def end(self, ended: Exit | None = None) -> None:
        self._exit = self._exit or ended or Exit(code=0)
        self._change()

    async def output(self) -> AsyncIterator[Output]:
        while self._written or self._exit is None:
            if self._written:
                self._before_each()
                yield self._written.pop(0)
            else:
                await self._changed.wait()

    async def write(self, data: bytes) -> None:
        self._require_input()
        self.typed.append(data)

    async def end_input(self) -> None:
        self._require_running()
        self.input_is_open = False

    def resize(self, *, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    async def send_signal(self, number: int) -> None:
        self._require_running()
        self.signals.append(number)

    async def usage(self) -> ProcessUsage | None:
        return self.used if self._exit is None else None

    async def wait(self) -> Exit:
        while self._exit is None:
            await self._changed.wait()
        return self._exit

    async def stop(self, *, grace_s: float) -> Exit:
        self.graces.append(grace_s)
        self.end(Exit(signal=15 if grace_s else 9))
        return await self.wait()

    def _require_input(self) -> None:
        self._require_running()
        if not self.input_is_open:
            raise StateConflict("the input of the process is closed")

    def _require_running(self) -> None:
        if self._exit is not None:
            raise StateConflict("the process has exited")

    def _change(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class FakeProcessHost:
    """Starts the processes it is given, one after another, or refuses to."""

    def __init__(self, *processes: FakeProcess, refusal: str | None = None) -> None:
        self.commands: list[Command] = []
        self.deadlines: dict[TaskId, float] = {}
        self._processes = processes
        self._refusal = refusal

    @asynccontextmanager
    async def start(self, command: Command) -> AsyncIterator[FakeProcess]:
        self.commands.append(command)
        if self._refusal is not None:
            raise StartFailed(self._refusal)
        process = self._processes[len(self.commands) - 1]
        try:
            yield process
        finally:
            process.was_left = True

    @property
    def deadline_watch(self) -> Literal["working", "failing", "none"]:
        return "none"

    def set_deadline(self, task_id: TaskId, at: float | None) -> None:
        if at is None:
            self.deadlines.pop(task_id, None)
        else:
            self.deadlines[task_id] = at

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        return ()


@dataclass(kw_only=True)
class RecordingContext:
    profile: AgentProfile
    limits: Limits = field(default_factory=Limits)
    workspace: str = "/workspace"
    grace_s: float = 5.0
    events: list[AgentEvent] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    """What was kept whole of calls."""
    thread: AgentThread | None = None
    redactor: Redactor = field(default_factory=Redactor)
    kept: list[AgentThread] = field(default_factory=list)
    asked: list[ApprovalRequest] = field(default_factory=list)
    fails_with: Callable[[AgentEvent], Exception | None] = lambda _: None

    def __post_init__(self) -> None:
        self.ledger = Ledger(limits=self.limits)
        self._follow: Callable[[AgentEvent], Awaitable[None]] | None = None
        self._grown = anyio.Event()

    @property
    def logs(self) -> Sequence[Log]:
        return [event for event in self.events if isinstance(event, Log)]

    def follow(self, look: Callable[[AgentEvent], Awaitable[None]]) -> None:
        self._follow = look

    async def emit(self, event: AgentEvent) -> None:
        if error := self.fails_with(event):
            raise error
        self.ledger.record(event)
        self.events.append(event)
        self._grown.set()
        self._grown = anyio.Event()
        if self._follow is not None:
            await self._follow(event)

    async def emit_all(self, events: Iterable[AgentEvent]) -> None:
        for event in events:
            await self.emit(event)

    async def keep_thread(self, thread: AgentThread) -> None:
        self.thread = thread
        self.kept.append(thread)

    async def forget_thread(self) -> None:
        self.thread = None

    async def ask(self, question: str, *, call_id: str, choices: Sequence[str] = ()) -> str:
        return f"an answer to {question}"

    def keep_output(self, call_id: str, text: str) -> None:
        self.outputs[call_id] = text

    async def recorded(self) -> None:
        return

    async def pause_point(self) -> None:
        return

    def is_kept(self, call_id: str) -> bool:
        return False

    async def approve(
        self,
        request: ApprovalRequest,
        *,
        asked: StoredApproval | None = None,
        is_withdrawn: Callable[[], bool] = lambda: False,
    ) -> ApprovalDecision:
        self.asked.append(request)
        return await self.decide(request)

    async def decide(self, request: ApprovalRequest) -> ApprovalDecision:
        """For a test to override."""
        return APPROVED

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Look after every event whether it is so."""
        with anyio.fail_after(PATIENCE_S):
            while not is_so():
                await self._grown.wait()


def process_task(text: str, *, task_id: str = "task_1", agent: str = "shell") -> Task:
    return Task(
        task_id=TaskId(task_id),
        session_key=SessionKey(1),
        session_id=SessionId("s"),
        principal=LOCAL,
        agent=AgentName(agent),
        text=text,
        status=TaskStatus.RUNNING,
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def tool_context(
    workspace: str,
    shown: list[str] | None = None,
    *,
    profile: AgentProfile = THINKING,
) -> ToolContext:
    """What is streamed goes to `shown`."""

    async def stream(text: str, *, of: str = "text") -> None:
        if shown is not None:
            shown.append(text)

    return ToolContext(
        task_id=TaskId("task_1"),
        call_id=CallId("call_1"),
        profile=profile,
        workspace=workspace,
        grace_s=5.0,
        stream=stream,
    )
