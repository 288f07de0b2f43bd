"""Joins routers, middleware and the answers to errors into one ASGI application."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.answers.links import API
from adapters.http.answers.openapi import description_of
from adapters.http.middleware.access_log import AccessLog
from adapters.http.middleware.cors import Cors, allowed_methods
from adapters.http.middleware.cross_site_guard import CrossSiteGuard
from adapters.http.middleware.error_boundary import ErrorBoundary, unexpected
from adapters.http.middleware.host_check import HostCheck
from adapters.http.middleware.request_id import RequestId
from adapters.http.middleware.response_headers import ResponseStart, SecurityHeaders
from adapters.http.middleware.size_limit import SizeLimit
from adapters.http.problems.error_table import problem_of
from adapters.http.problems.problem import Problem, problem_response
from adapters.http.requests.validation_problem import validation_problem
from adapters.http.routers.operations import Metrics, Readiness, operations_router
from adapters.http.routers.pages import pages_router
from domain.errors import AgentcastError
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
    """The routers answer under both prefixes; links and the description have the first only."""
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
    """FastAPI builds included routes when one is first matched: now, instead of in a request."""
    unmatched = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": []}
    for route in api.routes:
        route.matches(unmatched)


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


ErrorHandler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]

_DETAILS = {
    404: ("not_found", "There is nothing at this path."),
    405: (
        "method_not_allowed",
        "This path does not take that method; Allow names those it takes.",
    ),
}


def error_handlers() -> dict[int | type[Exception], ErrorHandler]:
    return {
        Problem: _on_problem,
        AgentcastError: _on_domain_error,
        RequestValidationError: _on_invalid_request,
        HTTPException: _on_http_exception,
        ClientDisconnect: _on_disconnect,
        Exception: _on_unexpected,
    }


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error, request.scope)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AgentcastError)
    problem = problem_of(error)
    if problem is None:
        raise error
    return problem_response(problem, request.scope)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(validation_problem(error.errors(), body=error.body), request.scope)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    default = (f"http_{error.status_code}", "The request could not be served.")
    code, detail = _DETAILS.get(error.status_code, default)
    headers = error.headers
    if error.status_code == 405:
        headers = {"Allow": allowed_methods(request.app, request.scope)}
    problem = Problem(status=error.status_code, code=code, detail=detail, headers=headers)
    return problem_response(problem, request.scope)


async def _on_disconnect(_: Request, error: Exception) -> Response:
    return Response(status_code=400)  # the client has left: it is not read


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return problem_response(unexpected(), request.scope)
