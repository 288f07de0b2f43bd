"""A state machine of everything that may happen to a log and its watchers."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
)

from application.upkeep.log_trimming import EVER
from application.watching.stream_request import FromCursor, FromNow, Replay, Since, Start
from domain.ids import SessionId, SessionKey
from domain.principal import LOCAL
from domain.process_events import Log as LogLine
from domain.thinking_events import MessageDelta
from ports.event_log import Append, StoredEvent
from ports.task_queue import Claim
from tests.contract.store_harness import AT, COMPLETE, WORKER, StoreHarness
from tests.property.frame import Frame
from tests.property.model import Log, Watcher, watcher
from tests.property.reader import Reader
from tests.property.store import Program, Store
from tests.property.writers import Writer

T = TypeVar("T")
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LINE = LogLine(line="x" * 300, line_num=1, stream="stdout")
DELTA = MessageDelta(message_id="m", text="x" * 300)
NAMES = st.sampled_from(["a", "b"])


class AnyInterleaving(RuleBasedStateMachine):
    """Each rule is one possible action; the model predicts what watchers see of it."""

    def __init__(self, store: Store, folder: Path, writer: Writer | None) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = folder
        self._writer = writer
        self._minutes = 0
        self._logs: dict[str, Log] = {}
        self._claims: dict[str, Claim] = {}
        self._ids: list[tuple[Log, str]] = []
        self._watchers: dict[Watcher, Reader] = {}
        self._lost: list[Watcher] = []
        self._named = self._run(store.new())
        self._start()

    @rule(name=NAMES, count=st.integers(1, 4), is_delta=st.booleans(), is_ours=st.booleans())
    def append(self, name: str, count: int, is_delta: bool, is_ours: bool) -> None:
        """By this process, which shows it at once, or by another one."""
        claim = self._claims.get(name) or self._begun(name)
        self._minutes += 1
        at = START + timedelta(minutes=self._minutes)
        event = DELTA if is_delta else LINE
        append = Append(
            session_key=claim.task.session_key,
            task_id=claim.task.task_id,
            lease_id=claim.lease_id,
            events=[self._scene.event(event, claim.task, at=at) for _ in range(count)],
        )
        stored = self._run(self._scene.log.append(append))
        self._stored(name, stored, at=at, key=claim.task.session_key if is_ours else None)

    @rule(name=NAMES)
    def submit(self, name: str) -> None:
        self._submit(name)

    @precondition(lambda self: self._claims)
    @rule(data=st.data())
    def end_task(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self._claims)))
        claim = self._claims.pop(name)
        self._end(name, claim)

    @rule(name=NAMES, last=st.none() | st.integers(0, 5))
    def replay(self, name: str, last: int | None) -> None:
        self._open(name, Replay(last))

    @rule(name=NAMES)
    def watch_from_now(self, name: str) -> None:
        self._open(name, FromNow())

    @rule(name=NAMES, minutes=st.integers(0, 60))
    def watch_since(self, name: str, minutes: int) -> None:
        self._open(name, Since(START + timedelta(minutes=minutes)))

    @precondition(lambda self: self._ids)
    @rule(data=st.data(), name=NAMES)
    def watch_from_any_cursor(self, data: st.DataObject, name: str) -> None:
        log, cursor = self._ids[data.draw(st.integers(0, len(self._ids) - 1))]
        self._open(name, FromCursor(cursor), cursor_of=log)

    @precondition(lambda self: self._watchers)
    @rule(data=st.data(), frames=st.integers(1, 3))
    def read_some(self, data: st.DataObject, frames: int) -> None:
        self._run(self._read_some(self._any_watcher(data), frames))

    @precondition(lambda self: self._watchers)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        self._drop(self._any_watcher(data))

    @precondition(lambda self: self._lost)
    @rule()
    def reconnect(self) -> None:
        gone = self._lost.pop()
        start = FromCursor(gone.last_id) if gone.last_id else FromNow()
        self._open(gone.name, start, cursor_of=gone.last_log)

    @precondition(lambda self: self._logs)
    @rule(name=NAMES, limit=st.integers(1, 12))
    def trim(self, name: str, limit: int) -> None:
        if name in self._logs:
            self._trim(name, limit)

    @rule()
    def compact(self) -> None:
        """All deltas of ended tasks, also those that nothing else holds: readers must not mind."""
        retention = self._program.container.store.event_retention()
        for task in self._run(retention.to_compact(ended_before=EVER, limit=1000)):
            for log in self._logs.values():
                if seqs := log.compacted(task.task_id):
                    self._run(retention.empty(task, seqs))
            self._run(retention.mark_compacted(task))

    @rule()
    def restart(self) -> None:
        for one in tuple(self._watchers):
            self._drop(one)
        self._run(self._program.stop())
        self._start()

    @precondition(lambda self: self._logs)
    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        if name in self._logs:
            self._delete(name)

    @rule()
    def clean_up(self) -> None:
        self._run(self._program.container.server.retention().clean_up())

    @rule()
    def all_read_all(self) -> None:
        self._run(self._program.container.streams.tails().look())
        for one in tuple(self._watchers):
            self._run(self._read_all(one))

    def teardown(self) -> None:
        try:
            self.all_read_all()
        finally:
            for one in tuple(self._watchers):
                self._drop(one)
            self._run(self._program.stop())
            self._runner.close()

    def _start(self) -> None:
        self._program = Program(self._named, self._folder, writer=self._writer)
        self._run(self._program.start())
        container = self._program.container
        self._scene = StoreHarness.of(container)

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return self._runner.run(work)

    def _submit(self, name: str) -> None:
        submission = self._run(self._scene.submit(self._scene.new_task(name)))
        key = submission.task.session_key
        if name not in self._logs:
            self._logs[name] = Log(name)
            for one in self._watchers:
                if one.name == name and one.log is None:
                    one.log = self._logs[name]
            tails = self._program.container.streams.tails()
            tails.session_appeared(LOCAL, SessionId(name), key)
        self._stored(name, submission.stored, at=AT, key=key)

    def _begun(self, name: str) -> Claim:
        """A task of this session that runs; whatever else can run does so too."""
        self._submit(name)
        for claim in self._run(self._scene.leases.claim(WORKER, limit=10, lease_s=3600)):
            self._claims[claim.task.session_id] = claim
        return self._claims[name]

    def _end(self, name: str, claim: Claim) -> None:
        [stored] = self._run(self._scene.log.append(self._scene.changing(claim, COMPLETE)))
        self._stored(name, [stored], at=AT, key=claim.task.session_key)

    def _stored(
        self, name: str, stored: Sequence[StoredEvent], *, at: datetime, key: SessionKey | None
    ) -> None:
        log = self._logs[name]
        log.add(stored, at)
        self._ids += [(log, event.id) for event in log.events[-len(stored) :]]
        if key is not None:
            self._program.container.streams.tails().publish(key, stored, at=0.0)

    def _open(self, name: str, start: Start, cursor_of: Log | None = None) -> None:
        reader = self._program.reader()
        self._run(reader.open(name, start))
        self._watchers[watcher(name, self._logs.get(name), start, cursor_of)] = reader

    def _any_watcher(self, data: st.DataObject) -> Watcher:
        place = data.draw(st.integers(0, len(self._watchers) - 1))
        return list(self._watchers)[place]

    async def _read_some(self, one: Watcher, at_most: int) -> None:
        async for frame in self._watchers[one].frames():
            one.see(frame)
            at_most -= 1
            if not at_most:
                break

    async def _read_all(self, one: Watcher) -> None:
        """Waits for the frames that are due; then nothing else may come."""
        reader = self._watchers[one]
        async for frame in reader.frames():
            one.see(frame)
        while one.owes:
            one.see(await self._next(reader, one))
        async for frame in reader.frames():
            one.see(frame)

    async def _next(self, reader: Reader, one: Watcher) -> Frame:
        try:
            return await reader.next()
        except TimeoutError:
            raise AssertionError(f"it never came: {one.owes}") from None

    def _drop(self, one: Watcher) -> None:
        self._run(self._watchers.pop(one).close())
        self._lost.append(one)

    def _trim(self, name: str, limit: int) -> None:
        retention = self._program.container.store.event_retention()
        key = self._run(self._scene.sessions.find_key(LOCAL, SessionId(name)))
        assert key is not None
        trimmed = self._run(retention.trim(key, ended_before=EVER, limit=limit))
        self._logs[name].first_seq += trimmed.events

    def _delete(self, name: str) -> None:
        self._run(self._program.container.server.sessions().delete(LOCAL, SessionId(name)))
        self._logs.pop(name).is_deleted = True
        if claim := self._claims.pop(name, None):
            self._run(self._scene.log.append(self._scene.changing(claim, COMPLETE)))
