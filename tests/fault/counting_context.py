"""A context that counts the events of a run instead of keeping them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import psutil

from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.events import AgentEvent
from domain.ledger import Ledger
from domain.process_events import Log
from domain.redaction import Redactor


@dataclass(kw_only=True)
class CountingContext:
    profile: AgentProfile
    ledger: Ledger = field(default_factory=Ledger)
    workspace: str
    grace_s: float = 5.0
    thread: AgentThread | None = None
    redactor: Redactor = field(default_factory=Redactor)
    chars: int = 0
    longest: int = 0
    most_bytes: int = 0
    """Of this process' memory, looked at with every event."""
    kinds: Counter[type[AgentEvent]] = field(default_factory=Counter)

    async def emit(self, event: AgentEvent) -> None:
        self.kinds[type(event)] += 1
        if isinstance(event, Log):
            self.chars += len(event.line)
            self.longest = max(self.longest, len(event.line))
        self.most_bytes = max(self.most_bytes, psutil.Process().memory_info().rss)

    async def emit_all(self, events: Iterable[AgentEvent]) -> None:
        for event in events:
            await self.emit(event)

    def follow(self, look: Callable[[AgentEvent], Awaitable[None]]) -> None:
        raise AssertionError("a program's lines are looked at where they are read")

    async def keep_thread(self, thread: AgentThread) -> None:
        self.thread = thread

    async def forget_thread(self) -> None:
        self.thread = None

    async def ask(self, question: str, *, call_id: str, choices: Sequence[str] = ()) -> str:
        return f"an answer to {question}"

    def keep_output(self, call_id: str, text: str) -> None:
        return

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
        raise AssertionError("a command asks nobody")
