"""The HTTP application over an honest small coordinator, for tests of what HTTP adds."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx2
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from adapters.http.agents_router import agents_router
from adapters.http.app import http_app
from adapters.http.caller import caller_by
from adapters.http.operations_router import NotReady
from adapters.http.sessions_router import sessions_router
from adapters.http.submit_router import submit_router
from adapters.http.tasks_router import tasks_router
from application.agent_status import AgentStatus
from application.server_coordinator import ServerCoordinator
from application.sessions import Sessions
from application.submit_task import SubmitTask
from domain.agent_profile import AgentProfile
from domain.errors import (
    AgentcastError,
    AgentNotFound,
    IdempotencyKeyReused,
    SessionBusy,
    SessionExists,
    SessionNotFound,
    StateConflict,
    TaskNotFound,
    UnknownAgent,
)
from domain.ids import AgentName, SessionId, SessionKey, Tag, TaskId
from domain.limits import Limits
from domain.principal import LOCAL, Principal
from domain.session import Session
from domain.task import CancelIntent, Task, TaskResult, TaskStatus
from domain.task_events import CancelMode, CancelReason
from ports.event_log import StoredEvent
from ports.session_store import SessionEdit
from ports.task_store import Cancellation, Submission, TaskQuery
from tests.fakes import CountingIdSource, FakeClock

AGENTS = (
    AgentProfile(name=AgentName("react"), kind="react", description="Thinks and uses tools."),
    AgentProfile(name=AgentName("shell"), kind="shell", limits=Limits(timeout_s=60.0)),
)


@dataclass
class FakeAuthenticator:
    principal: Principal | None = LOCAL

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        return self.principal


class FakeCoordinator(ServerCoordinator):
    """Keeps tasks in a dict and carries none of them out; `end` is what a worker would do."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ids = CountingIdSource()
        self.tasks: dict[TaskId, Task] = {}
        self.keys: dict[str, tuple[str, TaskId]] = {}
        self.asked: list[SubmitTask] = []
        self.queries: list[TaskQuery] = []
        self.waited_s: list[float] = []
        self.ends_at_once = False
        self.error: Exception | None = None

    @property
    def is_accepting(self) -> bool:
        return True

    async def submit(
        self, principal: Principal, request: SubmitTask, *, reserve: bool = False
    ) -> Submission:
        self._fail()
        self.asked.append(request)
        if request.agent is not None and request.agent not in {agent.name for agent in AGENTS}:
            raise UnknownAgent("agent", f"no agent is named {request.agent!r}")
        if request.idempotency and (made := self.keys.get(request.idempotency.key)):
            if made[0] != request.idempotency.request_hash:
                raise IdempotencyKeyReused("the key was used before with another body")
            return Submission(task=self.tasks[made[1]], stored=(), is_repeat=True)
        task = self._new(principal, request)
        if request.on_busy == "reject" and self._is_busy(task.session_id):
            raise SessionBusy("the session has an unfinished task")
        self.tasks[task.task_id] = task
        if request.idempotency:
            self.keys[request.idempotency.key] = (request.idempotency.request_hash, task.task_id)
        return Submission(task=task, stored=(stored(task),), is_repeat=False)

    async def cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        *,
        mode: CancelMode = "graceful",
        reason: CancelReason = "user",
    ) -> Cancellation:
        task = await self.get_task(principal, task_id)
        if task.status.is_final:
            return Cancellation(task=task, stored=())
        intent = CancelIntent(mode=mode, reason=reason, by=principal.name)
        self.tasks[task_id] = replace(
            task, status=TaskStatus.CANCELLED, reason=reason, cancel=intent
        )
        return Cancellation(task=self.tasks[task_id], stored=(stored(task),))

    async def retry(self, principal: Principal, task_id: TaskId) -> Submission:
        old = await self.get_task(principal, task_id)
        if not old.status.is_final:
            raise StateConflict(f"the task is {old.status}")
        request = SubmitTask(text=old.text, session_id=old.session_id, retry_of=task_id)
        return await self.submit(principal, request)

    async def get_task(self, principal: Principal, task_id: TaskId) -> Task:
        self._fail()
        if task_id not in self.tasks:
            raise TaskNotFound(f"no task {task_id}")
        return self.tasks[task_id]

    async def list_tasks(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        self._fail()
        self.queries.append(query)
        newest_first = list(reversed(self.tasks.values()))
        if query.before is not None:
            newest_first = [task for task in newest_first if task.task_id < query.before]
        return newest_first[: query.limit]

    async def finished(self, principal: Principal, task_id: TaskId, *, timeout_s: float) -> Task:
        self.waited_s.append(timeout_s)
        if self.ends_at_once:
            self.end(task_id)
        return self.tasks[task_id]

    def agents(self) -> Sequence[AgentStatus]:
        return [AgentStatus(profile=profile, status="idle", live_tasks=0) for profile in AGENTS]

    def agent(self, name: AgentName) -> AgentStatus:
        for agent in self.agents():
            if agent.profile.name == name:
                return agent
        raise AgentNotFound(f"no agent {name}")

    def end(self, task_id: TaskId) -> None:
        self.tasks[task_id] = replace(
            self.tasks[task_id],
            status=TaskStatus.COMPLETED,
            finished_at=self.clock.now(),
            result=TaskResult(final_answer="done"),
        )

    def _new(self, principal: Principal, request: SubmitTask) -> Task:
        return Task(
            task_id=self.ids.task_id(),
            session_key=SessionKey(1),
            session_id=request.session_id or self.ids.session_id(),
            principal=principal,
            agent=request.agent or AgentName("react"),
            text=request.text,
            status=TaskStatus.QUEUED,
            created_at=self.clock.now(),
            limits=request.limits,
            metadata=request.metadata,
            retry_of=request.retry_of,
        )

    def _is_busy(self, session_id: SessionId) -> bool:
        mine = [task for task in self.tasks.values() if task.session_id == session_id]
        return not all(task.status.is_final for task in mine)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class FakeSessions(Sessions):
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ids = CountingIdSource()
        self.sessions: dict[SessionId, Session] = {}

    async def create(
        self, principal: Principal, session_id: SessionId | None, edit: SessionEdit
    ) -> Session:
        chosen = session_id or self.ids.session_id()
        if chosen in self.sessions:
            raise SessionExists("a session with this id exists already")
        self.sessions[chosen] = Session(
            session_key=SessionKey(len(self.sessions) + 1),
            session_id=chosen,
            principal=principal,
            status="idle",
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
            first_seq=1,
            last_seq=0,
            title=edit.title,
            metadata=edit.metadata,
        )
        return self.sessions[chosen]

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        if session_id not in self.sessions:
            raise SessionNotFound(f"no session {session_id}")
        return self.sessions[session_id]

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        ids = list(reversed(self.sessions))
        if before is not None:
            ids = ids[ids.index(before) + 1 :] if before in ids else []
        return [self.sessions[session_id] for session_id in ids[:limit]]

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        old = await self.get(principal, session_id)
        self.sessions[session_id] = replace(
            old,
            title=old.title if edit.title is None else edit.title,
            metadata=old.metadata if edit.metadata is None else edit.metadata,
        )
        return self.sessions[session_id]

    async def delete(self, principal: Principal, session_id: SessionId) -> None:
        await self.get(principal, session_id)
        del self.sessions[session_id]


def stored(task: Task) -> StoredEvent:
    return StoredEvent(
        seq=1,
        tag=Tag("00000001"),
        event_type="task_queued",
        task_id=task.task_id,
        agent=task.agent,
        body=b"{}",
    )


@dataclass
class World:
    """The application and everything behind it that a test may look at or change."""

    coordinator: FakeCoordinator = field(default_factory=FakeCoordinator)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    authenticator: FakeAuthenticator = field(default_factory=FakeAuthenticator)
    not_ready: NotReady | None = None
    streamed: list[Task] = field(default_factory=list)
    allowed_hosts: Collection[str] = ()
    cors_origins: Collection[str] = ()

    def app(self) -> ASGIApp:
        caller = caller_by(self.authenticator)
        return http_app(
            routers=[
                submit_router(
                    coordinator=self.coordinator,
                    caller=caller,
                    stream_submission=self._stream_submission,
                ),
                tasks_router(coordinator=self.coordinator, caller=caller),
                sessions_router(sessions=self.sessions, caller=caller),
                agents_router(coordinator=self.coordinator, caller=caller),
            ],
            version="1.2.3",
            clock=self.coordinator.clock,
            readiness=self._readiness,
            metrics=lambda: (b"events_appended_total 0\n", "text/plain; version=0.0.4"),
            allowed_hosts=self.allowed_hosts,
            cors_origins=self.cors_origins,
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.app())
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8080"
        ) as client:
            yield client

    async def _stream_submission(
        self, request: Request, principal: Principal, task: Task
    ) -> Response:
        self.streamed.append(task)
        return PlainTextResponse("the stream", media_type="text/event-stream")

    async def _readiness(self) -> NotReady | None:
        return self.not_ready


class LeakyError(AgentcastError):
    """SELECT secret FROM /var/lib/agentcast.db failed"""
