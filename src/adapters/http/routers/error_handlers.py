"""Turns whatever a route raises into problem details."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from adapters.http.middleware.cors import allowed_methods
from adapters.http.middleware.error_boundary import unexpected
from adapters.http.problems.error_table import problem_of
from adapters.http.problems.problem import Problem, problem_response
from adapters.http.requests.validation_problem import validation_problem
from domain.errors import AgentcastError

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
    return Response(status_code=400)  # nobody is there to read it


async def _on_unexpected(request: Request, error: Exception) -> Response:
    return problem_response(unexpected(), request.scope)
