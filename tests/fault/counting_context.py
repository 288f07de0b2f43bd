"""A context that counts the events of a run instead of keeping them."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil

from domain.approval import ApprovalDecision, ApprovalRequest
from domain.events import AgentEvent
from domain.process_events import Log
from tests.process_fakes import RecordingContext


@dataclass(kw_only=True)
class CountingContext(RecordingContext):
    chars: int = 0
    longest: int = 0
    most_bytes: int = 0
    """Of this process' memory, measured at every event."""
    kinds: Counter[type[AgentEvent]] = field(default_factory=Counter)

    async def emit(self, event: AgentEvent) -> None:
        self.kinds[type(event)] += 1
        if isinstance(event, Log):
            self.chars += len(event.line)
            self.longest = max(self.longest, len(event.line))
        self.most_bytes = max(self.most_bytes, psutil.Process().memory_info().rss)

    def follow(self, look: Callable[[AgentEvent], Awaitable[None]]) -> None:
        raise AssertionError("a program's lines are looked at where they are read")

    def keep_output(self, call_id: str, text: str) -> None:
        return

    async def decide(self, request: ApprovalRequest) -> ApprovalDecision:
        raise AssertionError("a command asks nobody")
