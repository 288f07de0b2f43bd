"""The HTTP application over small fakes, for tests of what HTTP adds."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property

import httpx2
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from adapters.http.agents_router import agents_router
from adapters.http.app import http_app
from adapters.http.approvals_router import approvals_router
from adapters.http.caller import caller_by
from adapters.http.extraction_router import extraction_router
from adapters.http.operations_router import NotReady
from adapters.http.sessions_router import sessions_router
from adapters.http.submit_router import submit_router
from adapters.http.task_log_router import task_log_router
from adapters.http.tasks_router import tasks_router
from adapters.memory.wakeups import MemoryWakeups
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.agents import Agents
from application.approvals import Approvals
from application.extraction_test import ExtractionTest
from domain.principal import LOCAL, Principal
from domain.task import Task
from tests.asked import Asked
from tests.runner_fakes import FakeOutputArchive
from tests.unit.http.fake_agents import fake_agents
from tests.unit.http.fake_coordinator import FakeCoordinator
from tests.unit.http.fake_sessions import FakeSessions


@dataclass
class FakeAuthenticator:
    principal: Principal | None = LOCAL

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        return self.principal


@dataclass
class World:
    """The application and everything behind it that a test may look at or change."""

    coordinator: FakeCoordinator = field(default_factory=FakeCoordinator)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    agents: Agents = field(default_factory=fake_agents)
    asked: Asked = field(default_factory=Asked)
    archive: FakeOutputArchive = field(default_factory=FakeOutputArchive)
    authenticator: FakeAuthenticator = field(default_factory=FakeAuthenticator)
    not_ready: NotReady | None = None
    following_fails: Exception | None = None
    streamed: list[Task] = field(default_factory=list)
    allowed_hosts: Collection[str] = ()
    cors_origins: Collection[str] = ()

    @cached_property
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
                task_log_router(archive=self.archive, coordinator=self.coordinator, caller=caller),
                sessions_router(sessions=self.sessions, caller=caller),
                extraction_router(
                    extraction=ExtractionTest(
                        matcher=RegexPatternMatcher(), clock=self.coordinator.clock
                    ),
                    caller=caller,
                ),
                agents_router(agents=self.agents, caller=caller),
                approvals_router(
                    approvals=Approvals(store=self.asked.store, wakeups=MemoryWakeups()),
                    caller=caller,
                ),
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
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8080"
        ) as client:
            yield client

    async def _stream_submission(
        self, request: Request, principal: Principal, task: Task
    ) -> Response:
        if self.following_fails is not None:
            raise self.following_fails
        self.streamed.append(task)
        return PlainTextResponse("the stream", media_type="text/event-stream")

    async def _readiness(self) -> NotReady | None:
        return self.not_ready
