"""A run's context that looks for facts in what the run says."""

from collections.abc import Callable, Iterable, Sequence

from application.programs.line_findings import LineFindings
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.events import AgentEvent
from domain.ledger import Ledger
from domain.process_events import Log
from domain.redaction import Redactor
from domain.thinking_events import Message
from domain.tool_events import ToolCallComplete
from ports.runner import RunContext


class ExtractingContext:
    """What is found follows what it was found in; a text that was said counts as one line."""

    def __init__(self, context: RunContext, findings: LineFindings) -> None:
        self._context = context
        self._findings = findings
        self._count = 0
        self._last_message = ""

    @property
    def profile(self) -> AgentProfile:
        return self._context.profile

    @property
    def ledger(self) -> Ledger:
        return self._context.ledger

    @property
    def workspace(self) -> str:
        return self._context.workspace

    @property
    def grace_s(self) -> float:
        return self._context.grace_s

    @property
    def redactor(self) -> Redactor:
        return self._context.redactor

    @property
    def thread(self) -> AgentThread | None:
        return self._context.thread

    async def keep_thread(self, thread: AgentThread) -> None:
        await self._context.keep_thread(thread)

    async def forget_thread(self) -> None:
        await self._context.forget_thread()

    async def emit(self, event: AgentEvent) -> None:
        if isinstance(event, Log):
            await self._findings.emit_all([event])
            return
        await self._context.emit(event)
        if isinstance(event, Message):
            self._last_message = event.content
            await self._look(event.content)
        elif isinstance(event, ToolCallComplete):
            await self._look(event.result)

    async def emit_all(self, events: Iterable[AgentEvent]) -> None:
        for event in events:
            await self.emit(event)

    async def answered(self, answer: str) -> None:
        """The answer that the run ends with may have been a message already."""
        if answer != self._last_message:
            await self._look(answer)

    def keep_output(self, call_id: str, text: str) -> None:
        self._context.keep_output(call_id, text)

    async def recorded(self) -> None:
        await self._context.recorded()

    async def pause_point(self) -> None:
        await self._context.pause_point()

    def is_kept(self, call_id: str) -> bool:
        return self._context.is_kept(call_id)

    async def approve(
        self,
        request: ApprovalRequest,
        *,
        asked: StoredApproval | None = None,
        is_withdrawn: Callable[[], bool] = lambda: False,
    ) -> ApprovalDecision:
        return await self._context.approve(request, asked=asked, is_withdrawn=is_withdrawn)

    async def ask(self, question: str, *, call_id: str, choices: Sequence[str] = ()) -> str:
        return await self._context.ask(question, call_id=call_id, choices=choices)

    async def _look(self, said: str) -> None:
        self._count += 1
        await self._findings.in_text(said, line_num=self._count)
