"""A task followed in the log of its own process."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import anyio

from domain.events import AgentEvent
from domain.ids import AgentName, SessionId, SessionKey, Tag, TaskId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from domain.task_events import Progress, TaskComplete
from entrypoints.cli.in_process import LogFollower
from ports.event_log import Append, Bounds, Recorded, StoredEvent
from ports.wakeups import Hint
from tests.patience import PATIENCE_S
from tests.unit.entrypoints.cli.received_events import body_of

TASK = Task(
    task_id=TaskId("task_1"),
    session_key=SessionKey(1),
    session_id=SessionId("s1"),
    principal=LOCAL,
    agent=AgentName("react"),
    text="x",
    status=TaskStatus.QUEUED,
    created_at=datetime(2026, 11, 21, tzinfo=UTC),
    first_seq=2,
)
DONE = TaskComplete(final_answer="", duration_ms=1)


class GrowingLog:
    """A log and its hints; each read that finds nothing new makes it grow by one event."""

    def __init__(self, *, stored: int, hint: Hint) -> None:
        self._events = [
            _stored(1, Progress(message="before"), task="task_0"),
            _stored(2, Progress(message="one")),
            _stored(3, Progress(message="other"), task="task_2"),
            _stored(4, Progress(message="two")),
            _stored(5, DONE),
            _stored(6, Progress(message="after"), task="task_2"),
        ]
        self._stored = stored
        self._hint = hint
        self._callbacks: list[Callable[[Hint], None]] = []

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        found = [event for event in self._events[: self._stored] if event.seq > after][:limit]
        if not found:
            self._stored += 1
            for callback in self._callbacks:
                callback(self._hint)
        return found

    @contextmanager
    def listen(
        self, callback: Callable[[Hint], None], *, others_only: bool = False
    ) -> Iterator[None]:
        self._callbacks.append(callback)
        yield
        self._callbacks.remove(callback)

    def notify(self, hint: Hint) -> None: ...

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        raise NotImplementedError

    async def find(
        self, session_key: SessionKey, *, event_types: Collection[str], after: int, limit: int
    ) -> Sequence[StoredEvent]:
        raise NotImplementedError

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        raise NotImplementedError

    async def tag_at(self, session_key: SessionKey, seq: int) -> Tag | None:
        raise NotImplementedError

    async def last_seqs(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        raise NotImplementedError

    async def newest(
        self, session_key: SessionKey, *, below: int, limit: int
    ) -> Sequence[Recorded]:
        raise NotImplementedError

    async def seq_before(self, session_key: SessionKey, at: datetime) -> int:
        raise NotImplementedError


async def test_a_task_is_followed_from_its_first_to_its_final_event() -> None:
    log = GrowingLog(stored=6, hint=None)

    assert await _followed(log) == _bodies(2, 4, 5)


async def test_events_written_meanwhile_are_followed() -> None:
    log = GrowingLog(stored=1, hint=SessionKey(1))

    assert await _followed(log) == _bodies(2, 4, 5)


async def _followed(log: GrowingLog) -> list[str]:
    follower = LogFollower(log=log, wakeups=log)
    with anyio.fail_after(PATIENCE_S):
        return [event.body async for event in follower.events(TASK)]


def _bodies(*seqs: int) -> list[str]:
    events: dict[int, AgentEvent] = {
        2: Progress(message="one"),
        4: Progress(message="two"),
        5: DONE,
    }
    return [body_of(events[seq], seq=seq) for seq in seqs]


def _stored(seq: int, event: AgentEvent, *, task: str = "task_1") -> StoredEvent:
    return StoredEvent(
        seq=seq,
        tag=Tag("00000001"),
        event_type="",
        task_id=TaskId(task),
        agent=AgentName("react"),
        body=body_of(event, seq=seq, task=task).encode(),
    )
