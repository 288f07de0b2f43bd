"""Small adapters for tests: a clock moved by hand, predictable ids, a disk that fails."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.events import AgentEvent, Origin
from domain.ids import ApprovalId, CallId, LeaseId, SessionId, Tag, TaskId
from ports.storage import StorageTrouble


class RecordedEvents:
    """A listener that records events and their origins."""

    def __init__(self) -> None:
        self.events: list[AgentEvent] = []
        self.origins: list[Origin] = []
        self._changed = asyncio.Event()

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        self.events.append(event)
        self.origins.append(origin)
        self._changed.set()

    async def until(self, *kinds: type[AgentEvent]) -> None:
        """Until these are the kinds of all events so far."""
        while [type(event) for event in self.events] != list(kinds):
            self._changed.clear()
            await self._changed.wait()


class FakeClock:
    def __init__(self, at: datetime = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)) -> None:
        self._now = at
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """As a wall clock that is set: no time passes."""
        self._now += timedelta(seconds=seconds)


class CountingIdSource:
    def __init__(self) -> None:
        self._count = 0

    def task_id(self) -> TaskId:
        return TaskId(self._next("task"))

    def session_id(self) -> SessionId:
        return SessionId(self._next("sess"))

    def lease_id(self) -> LeaseId:
        return LeaseId(self._next("lease"))

    def call_id(self) -> CallId:
        return CallId(self._next("call"))

    def approval_id(self) -> ApprovalId:
        return ApprovalId(self._next("appr"))

    def message_id(self) -> str:
        return self._next("msg")

    def tag(self) -> Tag:
        self._count += 1
        return Tag(f"{self._count:08x}")

    def _next(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count:06d}"


class FakeStorage:
    """In the trouble that a test sets; spending its reserve does what the test sets."""

    def __init__(self) -> None:
        self.trouble: StorageTrouble | None = None
        self.spent = 0
        self.looks: list[bool] = []
        """Whether a write had been refused a moment ago, for each."""

    async def look(self, *, is_refused: bool = False) -> StorageTrouble | None:
        self.looks.append(is_refused)
        return self.trouble

    async def spend_reserve(self) -> None:
        self.spent += 1


async def no_time(_: float) -> None:
    """A pause that is over at once."""
