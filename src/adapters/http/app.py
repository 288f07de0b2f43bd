"""Puts routers and middleware together into the one ASGI application."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.answers.links import API
from adapters.http.answers.openapi import description_of
from adapters.http.middleware.access_log import AccessLog
from adapters.http.middleware.cors import Cors, allowed_methods
from adapters.http.middleware.cross_site_guard import CrossSiteGuard
from adapters.http.middleware.error_boundary import ErrorBoundary
from adapters.http.middleware.host_check import HostCheck
from adapters.http.middleware.request_id import RequestId
from adapters.http.middleware.response_headers import ResponseStart, SecurityHeaders
from adapters.http.middleware.size_limit import SizeLimit
from adapters.http.routers.error_handlers import error_handlers
from adapters.http.routers.operations import Metrics, Readiness, operations_router
from adapters.http.routers.pages import pages_router
from ports.clock import Clock
from ports.meter import Meter

ALIAS = "/api"

Application = ASGIApp
Opened = Callable[[], AbstractAsyncContextManager[None]]


def http_app(
    *,
    routers: Sequence[APIRouter],
    version: str,
    clock: Clock,
    readiness: Readiness,
    metrics: Metrics,
    meter: Meter,
    allowed_hosts: Collection[str] = (),
    cors_origins: Collection[str] = (),
) -> Application:
    """The routers answer under both prefixes; links and the description know the first only."""
    api = _api(version=version)
    operations = operations_router(
        version=version,
        readiness=readiness,
        metrics=metrics,
        description=description_of(api.openapi),
    )
    for router in routers:  # first, and in this order: each that is tried in vain takes time
        api.include_router(router, prefix=API)
    api.include_router(operations)
    api.include_router(pages_router())
    api.include_router(operations, prefix=API, include_in_schema=False)
    for router in (*routers, operations):
        api.include_router(router, prefix=ALIAS, include_in_schema=False)
    _make_routes(api)
    guarded = _guarded(api, clock=clock, allowed_hosts=allowed_hosts, cors_origins=cors_origins)
    return ResponseStart(guarded, meter=meter)


def with_lifespan(app: Application, opened: Opened) -> Application:
    """An application that is open from the startup of its server to the shutdown."""
    lifespan = Router(lifespan=lambda _: opened()).lifespan

    def served(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (lifespan if scope["type"] == "lifespan" else app)(scope, receive, send)

    return served


def _api(*, version: str) -> FastAPI:
    return FastAPI(
        title="Agentcast",
        summary="Runs agents and casts every step they take, live.",
        version=version,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=error_handlers(),
        generate_unique_id_function=_operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )


def _make_routes(api: FastAPI) -> None:
    """FastAPI makes what was included when somebody first looks for it: not a request, then."""
    nobody = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": []}
    for route in api.routes:
        route.matches(nobody)


def _operation_id(route: APIRoute) -> str:
    return route.name


def _guarded(
    api: FastAPI, *, clock: Clock, allowed_hosts: Collection[str], cors_origins: Collection[str]
) -> ASGIApp:
    """The last line is what a request meets first, but for what looks at every response."""
    app: ASGIApp = SizeLimit(api)
    app = CrossSiteGuard(app, origins=cors_origins)
    app = Cors(app, methods=partial(allowed_methods, api), origins=cors_origins)
    app = HostCheck(app, allowed_hosts=allowed_hosts)
    app = SecurityHeaders(app)
    app = ErrorBoundary(app)
    app = AccessLog(app, clock=clock)
    return RequestId(app)
