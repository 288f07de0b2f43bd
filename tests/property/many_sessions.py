"""Streams over several sessions, or over all of an agent's: what may happen to them as rules."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from adapters.http.streaming.frames import event_frames
from application.watching.stream_request import FromCursor, FromNow, Replay, Start, StreamRequest
from application.watching.stream_steps import (
    BEHIND,
    IDLE,
    Connected,
    CursorMoved,
    Events,
    Step,
)
from application.watching.watch import Watch
from domain.events import AgentEvent
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task
from domain.task_change import change_of
from domain.task_events import TaskQueued
from ports.event_log import Append, StoredEvent
from ports.task_queue import Claim
from tests.contract.store_harness import AT, COMPLETE, WORKER, StoreHarness
from tests.property.store import Program, Store

T = TypeVar("T")
Event = tuple[str, int]
"""The task's id and the seq."""
LINE = Log(line="x", line_num=1, stream="stdout")
NAMES = ["a", "b", "c", "d"]
DELETED_NAMES = ["x", "y"]
"""Asked for by no name: a stream does not wait for a session once it has seen it deleted."""
SOME_NAMES = st.lists(st.sampled_from(NAMES + DELETED_NAMES), min_size=1, max_size=4, unique=True)
AGENTS = st.sampled_from(["react", "shell"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    sessions: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()


ASKED = st.one_of(
    st.builds(lambda agent: Asked(agents=(agent,)), AGENTS),
    st.just(Asked(agents=("react", "shell"))),
    st.lists(st.sampled_from(NAMES), min_size=2, unique=True).map(
        lambda names: Asked(sessions=tuple(names))
    ),
)


@dataclass(slots=True, kw_only=True)
class Recorded:
    session: str
    agent: str
    task_id: str
    seq: int
    """They are in the order of time."""

    @property
    def name(self) -> Event:
        return self.task_id, self.seq


@dataclass(slots=True, eq=False, kw_only=True)
class Client:
    """Keeps the last id that it has read, over all its connections."""

    asked: Asked
    known: int
    """How many events there were when it first came, which are not for it."""
    watch: Watch | None = None
    cursor: str = ""
    seen: list[Event] = field(default_factory=list)
    waiting: list[tuple[str, Event | None]] = field(default_factory=list)

    def wants(self, event: Recorded) -> bool:
        sessions, agents = self.asked.sessions, self.asked.agents
        return (not sessions or event.session in sessions) and (
            not agents or event.agent in agents
        )

    def read(self, cursor: str, event: Event | None) -> None:
        self.cursor = cursor
        if event is not None:
            assert event not in self.seen, f"{event} came twice"
            self.seen.append(event)


class ManySessions(RuleBasedStateMachine):
    """Nothing is trimmed here, so that no reset is ever due."""

    def __init__(self, store: Store, folder: Path) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = folder
        self._events: list[Recorded] = []
        self._claims: dict[str, Claim] = {}
        self._minutes = 0
        self._clients: list[Client] = []
        self._deletable: set[str] = set()
        self._deleted: set[str] = set()
        """The tasks of deleted sessions, which a stream may or may not show."""
        self._named = self._run(store.new())
        self._start()

    @rule(names=SOME_NAMES, agent=AGENTS, is_ours=st.booleans())
    def submit(self, names: Sequence[str], agent: str, is_ours: bool) -> None:
        """Here, which shows it at once, or on another node."""
        for name in names:
            self._submit(name, agent, is_ours=is_ours)
        for claim in self._run(self._scene.leases.claim(WORKER, limit=10, lease_s=3600)):
            self._claims[claim.task.session_id] = claim

    @precondition(lambda self: self._claims)
    @rule(data=st.data(), lines=st.integers(0, 2), is_ours=st.booleans())
    def end_some(self, data: st.DataObject, lines: int, is_ours: bool) -> None:
        for name in self._some_running(data):
            claim = self._claims.pop(name)
            self._append(claim, [LINE] * lines, is_ours=is_ours)
            self._append(claim, [COMPLETE], is_ours=is_ours)

    @precondition(lambda self: self._claims)
    @rule(data=st.data(), lines=st.integers(1, 3), is_ours=st.booleans())
    def append(self, data: st.DataObject, lines: int, is_ours: bool) -> None:
        for name in self._some_running(data):
            self._append(self._claims[name], [LINE] * lines, is_ours=is_ours)

    @precondition(lambda self: self._deletable)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self._deletable)))
        self._deletable.discard(name)
        self._run(self._program.container.server.sessions().delete(LOCAL, SessionId(name)))
        self._claims.pop(name, None)
        self._deleted |= {event.task_id for event in self._events if event.session == name}

    @rule(asked=ASKED, is_from_now=st.booleans())
    def watch(self, asked: Asked, is_from_now: bool) -> None:
        self.look()  # "now" is known of other nodes' new sessions as of the last look
        client = Client(asked=asked, known=len(self._events) if is_from_now else 0)
        self._open(client, FromNow() if is_from_now else Replay(None))
        self._clients.append(client)

    @rule(asked=ASKED, last=st.integers(1, 12))
    def replay(self, asked: Asked, last: int) -> None:
        """The newest of all, in the order of time; then what comes."""
        self.look()
        client = Client(asked=asked, known=len(self._events))
        past = [
            event.name
            for event in self._events
            if client.wants(event) and event.task_id not in self._deleted
        ]
        self._open(client, Replay(last))
        self._run(self._read(client, at_most=len(past[-last:])))
        assert client.seen == past[-last:]
        client.seen.clear()
        self._clients.append(client)

    @rule(frames=st.integers(0, 4))
    def read_some(self, frames: int) -> None:
        for client in self._clients:
            self._run(self._read(client, at_most=frames))

    @rule(frames=st.integers(0, 2), times=st.integers(1, 3))
    def cut(self, frames: int, times: int) -> None:
        """Back with the last id, and cut off again after a few frames."""
        for client in self._clients * times:
            self._close(client)
            self._open(client, FromCursor(client.cursor))
            self._run(self._read(client, at_most=frames))

    @rule()
    def look(self) -> None:
        self._run(self._program.container.streams.tails().look())

    @rule()
    def restart(self) -> None:
        for client in self._clients:
            self._close(client)
        self._run(self._program.stop())
        self._start()
        for client in self._clients:
            self._open(client, FromCursor(client.cursor))

    @rule()
    def all_read_all(self) -> None:
        self._run(self._program.container.streams.tails().look())
        for client in self._clients:
            self._run(self._read(client, at_most=None))
            wanted = [event for event in self._events[client.known :] if client.wants(event)]
            kept = {event.name for event in wanted if event.task_id not in self._deleted}
            seen = {event for event in client.seen if event[0] not in self._deleted}
            assert seen == kept, f"lost {kept - seen}, not for it {seen - kept}"

    def teardown(self) -> None:
        try:
            self.all_read_all()
        finally:
            for client in self._clients:
                self._close(client)
            self._run(self._program.stop())
            self._runner.close()

    def _start(self) -> None:
        self._program = Program(self._named, self._folder, writer=None)
        self._run(self._program.start())
        container = self._program.container
        self._scene = StoreHarness.of(container)

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return self._runner.run(work)

    def _submit(self, name: str, agent: str, *, is_ours: bool) -> None:
        new = self._scene.new_task(name, agent=agent)
        queued = self._scene.event(TaskQueued(task=new.text), new, at=self._next_moment())
        submission = self._run(self._scene.tasks.submit(new, queued, on_busy="enqueue"))
        self._deletable |= {name} & set(DELETED_NAMES)
        self._stored(submission.task, submission.stored, is_ours=is_ours)
        if is_ours:
            tails = self._program.container.streams.tails()
            tails.session_appeared(LOCAL, SessionId(name), submission.task.session_key)
            tails.task_submitted(submission.task)

    def _append(self, claim: Claim, events: Sequence[AgentEvent], *, is_ours: bool) -> None:
        if not events:
            return
        at = self._next_moment()
        append = Append(
            session_key=claim.task.session_key,
            task_id=claim.task.task_id,
            lease_id=claim.lease_id,
            events=[self._scene.event(event, claim.task, at=at) for event in events],
            change=change_of(events[-1]),
        )
        self._stored(claim.task, self._run(self._scene.log.append(append)), is_ours=is_ours)

    def _next_moment(self) -> datetime:
        self._minutes += 1
        return AT + timedelta(minutes=self._minutes)

    def _some_running(self, data: st.DataObject) -> Sequence[str]:
        running = st.lists(st.sampled_from(sorted(self._claims)), min_size=1, unique=True)
        return data.draw(running)

    def _stored(self, task: Task, stored: Sequence[StoredEvent], *, is_ours: bool) -> None:
        self._events += [
            Recorded(session=task.session_id, agent=task.agent, task_id=task.task_id, seq=one.seq)
            for one in stored
        ]
        if is_ours:
            self._program.container.streams.tails().publish(task.session_key, stored, at=0.0)

    def _open(self, client: Client, start: Start) -> None:
        request = StreamRequest(
            session_ids=tuple(map(SessionId, client.asked.sessions)),
            agents=tuple(map(AgentName, client.asked.agents)),
            start=start,
        )
        client.watch = self._run(self._program.container.streams.watches().open(LOCAL, request))
        self._run(self._read(client, at_most=1))

    def _close(self, client: Client) -> None:
        if client.watch is not None:
            self._program.container.streams.watches().close(client.watch)
        client.watch = None
        client.waiting.clear()

    async def _read(self, client: Client, *, at_most: int | None) -> None:
        """What there is now, frame by frame."""
        assert client.watch is not None
        while at_most is None or at_most > 0:
            if not client.waiting:
                step = client.watch.step()
                if step == IDLE:
                    return
                if step == BEHIND:
                    await client.watch.read()
                    continue
                client.waiting += _frames(step)
                continue
            client.read(*client.waiting.pop(0))
            at_most = None if at_most is None else at_most - 1


def _frames(step: Step) -> list[tuple[str, Event | None]]:
    match step:
        case Connected(cursor=cursor) | CursorMoved(cursor=cursor):
            return [(cursor, None)]
        case Events():
            return [_event(text) for text in event_frames(step).decode().split("\n\n")[:-1]]
        case _:
            raise AssertionError(f"{step} is not due")


def _event(text: str) -> tuple[str, Event]:
    fields = dict(line.split(": ", 1) for line in text.split("\n"))
    data = json.loads(fields["data"])
    return fields["id"], (data["task_id"], data["seq"])
