"""The HTTP application over small fakes, for tests of what HTTP adds."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TypeVar, cast

import httpx2
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.app import http_app
from adapters.http.requests.caller import caller_by
from adapters.http.routers.agents import agents_router, extraction_router
from adapters.http.routers.approvals import approvals_router
from adapters.http.routers.sessions import sessions_router
from adapters.http.routers.submit import submit_router
from adapters.http.routers.task_log import task_log_router
from adapters.http.routers.tasks import tasks_router
from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.asking.approvals import Approvals
from application.serving.agents import Agents
from application.serving.readiness import NotReady
from application.serving.rule_trial import RuleTrial
from domain.principal import LOCAL, Principal
from domain.task import Task
from tests.approval_fakes import FakeApprovals
from tests.command_runner_fakes import FakeOutputArchive
from tests.notifiers import notifier_without_watchers
from tests.pausing_fakes import FakePausing
from tests.unit.adapters.http.fake_agents import fake_agents
from tests.unit.adapters.http.fake_coordinator import FakeCoordinator
from tests.unit.adapters.http.fake_sessions import FakeSessions


@dataclass
class FakeAuthenticator:
    principal: Principal | None = LOCAL

    async def authenticate(self, proofs: Mapping[str, str]) -> Principal | None:
        return self.principal


@dataclass
class World:
    """The application and everything behind it that a test may look at or change."""

    coordinator: FakeCoordinator = field(default_factory=FakeCoordinator)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    agents: Agents = field(default_factory=fake_agents)
    asked: FakeApprovals = field(default_factory=FakeApprovals)
    pausing: FakePausing = field(default_factory=FakePausing)
    archive: FakeOutputArchive = field(default_factory=FakeOutputArchive)
    authenticator: FakeAuthenticator = field(default_factory=FakeAuthenticator)
    registry: CollectorRegistry = field(default_factory=new_registry)
    not_ready: NotReady | None = None
    following_fails: Exception | None = None
    streamed: list[Task] = field(default_factory=list)
    allowed_hosts: Collection[str] = ()
    cors_origins: Collection[str] = ()

    @cached_property
    def app(self) -> ASGIApp:
        shared = _application(tuple(self.allowed_hosts), tuple(self.cors_origins))

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            before = _asked.set(self)
            try:
                await shared(scope, receive, send)
            finally:
                _asked.reset(before)

        return app

    @cached_property
    def meter(self) -> PrometheusMeter:
        return PrometheusMeter(self.registry)

    @cached_property
    def extraction(self) -> RuleTrial:
        return RuleTrial(matcher=RegexPatternMatcher(), clock=self.coordinator.clock)

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(store=self.asked.store, notifier=notifier_without_watchers())

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8080"
        ) as client:
            yield client

    async def stream_submission(
        self, request: Request, principal: Principal, task: Task
    ) -> Response:
        if self.following_fails is not None:
            raise self.following_fails
        self.streamed.append(task)
        return PlainTextResponse("the stream", media_type="text/event-stream")

    async def readiness(self) -> NotReady | None:
        return self.not_ready


T = TypeVar("T")
_asked: ContextVar[World] = ContextVar("asked")


class _Part:
    """Delegates to the part of that kind in the world of the current request."""

    def __init__(self, of: Callable[[World], object]) -> None:
        self._of = of

    def __getattr__(self, name: str) -> object:
        return getattr(self._of(_asked.get()), name)


def _part(of: Callable[[World], T]) -> T:
    return cast(T, _Part(of))  # it stands in for whatever it is asked for


@cache
def _application(allowed_hosts: tuple[str, ...], cors_origins: tuple[str, ...]) -> ASGIApp:
    """One for all worlds: to make its routes takes longer than most tests that ask it."""
    caller = caller_by(_part(lambda world: world.authenticator))
    coordinator = _part(lambda world: world.coordinator)
    archive = _part(lambda world: world.archive)
    return http_app(
        routers=[
            submit_router(
                coordinator=coordinator, caller=caller, stream_submission=_stream_submission
            ),
            tasks_router(
                coordinator=coordinator,
                pausing=_part(lambda world: world.pausing.use),
                caller=caller,
            ),
            task_log_router(archive=archive, coordinator=coordinator, caller=caller),
            sessions_router(sessions=_part(lambda world: world.sessions), caller=caller),
            extraction_router(extraction=_part(lambda world: world.extraction), caller=caller),
            agents_router(agents=_part(lambda world: world.agents), caller=caller),
            approvals_router(approvals=_part(lambda world: world.approvals), caller=caller),
        ],
        version="1.2.3",
        clock=_part(lambda world: world.coordinator.clock),
        readiness=_readiness,
        metrics=lambda: (b"events_appended_total 0\n", "text/plain; version=0.0.4"),
        meter=_part(lambda world: world.meter),
        allowed_hosts=allowed_hosts,
        cors_origins=cors_origins,
    )


async def _stream_submission(request: Request, principal: Principal, task: Task) -> Response:
    return await _asked.get().stream_submission(request, principal, task)


async def _readiness() -> NotReady | None:
    return await _asked.get().readiness()
