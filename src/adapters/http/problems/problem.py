"""An error response, as problem details after RFC 9457, and its schema in the API description."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, NotRequired

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from adapters.http.problems.request_scope import request_id

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    field: str
    message: str
    """What would be valid."""


class Problem(Exception):
    """Raised while a request is served. Its detail goes to the client: no internals in it."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers


def field_problem(*, status: int, code: str, field: str, message: str) -> Problem:
    return Problem(
        status=status,
        code=code,
        detail=f"{field}: {message}",
        errors=[FieldError(field=field, message=message)],
    )


def problem_response(problem: Problem, scope: Scope) -> Response:
    return Response(
        json.dumps(problem_fields(problem, scope)),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def problem_fields(problem: Problem, scope: Scope) -> dict[str, object]:
    fields: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id(scope),
    }
    if problem.errors:
        fields["errors"] = [asdict(error) for error in problem.errors]
    return fields


async def refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in place of the application; for middleware."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await problem_response(problem, scope)(scope, receive, send)


PROBLEM_REF = "#/components/schemas/Problem"

_ANYWHERE = (400, 401, 403, 404, 405, 414, 421, 431, 500, 503)
_WITH_BODY = (413, 415, 422)
_MEANINGS = {
    400: "The query, a header or the JSON cannot be used.",
    401: "The caller is not let in.",
    403: "A page of another site, or this caller, may not do this.",
    404: "There is no such thing for this caller.",
    405: "This path does not take that method.",
    409: "The present state does not allow this.",
    410: "It is too late for this.",
    413: "The body is too large.",
    414: "The query is too long.",
    415: "The body is not application/json in UTF-8.",
    421: "The server does not answer to that Host name.",
    422: "A field of the body cannot be used.",
    429: "A cap is reached; Retry-After says when to come back.",
    431: "The request line and headers are too long.",
    500: "The server made a mistake.",
    503: "The server cannot do this now; Retry-After says when to come back.",
    507: "The store is full.",
}

Responses = dict[int | str, dict[str, Any]]


class FieldErrorSchema(TypedDict):
    field: str
    message: str


class ProblemSchema(TypedDict):
    """Problem details after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: NotRequired[list[FieldErrorSchema]]


def problems(*statuses: int, has_body: bool = False) -> Responses:
    """The errors of a route: those of every route, and `statuses`."""
    every = {*_ANYWHERE, *(_WITH_BODY if has_body else ()), *statuses}
    return {
        **{code: _described(_MEANINGS[code]) for code in sorted(every)},
        "default": _described("Any other error."),
    }


def _described(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_REF}}}}
