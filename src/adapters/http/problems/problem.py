"""A refusal as the client gets it: problem details after RFC 9457."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapters.http.problems.request_scope import request_id

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    field: str
    message: str
    """What would be right."""


class Problem(Exception):
    """Raised by what serves a request; its words go to the client, so they name no internals."""

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
    """Answer in place of the application; for what stands in front of it."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await problem_response(problem, scope)(scope, receive, send)
