"""How the API description tells of errors."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from adapters.http.problems.problem import MEDIA_TYPE

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
    """The errors of a route: those that any can have, and its own."""
    every = {*_ANYWHERE, *(_WITH_BODY if has_body else ()), *statuses}
    return {
        **{code: _described(_MEANINGS[code]) for code in sorted(every)},
        "default": _described("Any other error."),
    }


def _described(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_REF}}}}
