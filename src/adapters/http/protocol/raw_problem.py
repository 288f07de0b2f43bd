"""The last answer on a connection, for a request that no application gets to see."""

from collections.abc import Iterable
from http import HTTPStatus

from adapters.http.middleware.request_id import new_request_id
from adapters.http.middleware.response_headers import SECURITY_HEADERS
from adapters.http.problems.problem import Problem, problem_response
from adapters.http.problems.request_scope import REQUEST_ID

_Header = tuple[bytes, bytes]


def raw_problem(problem: Problem, *, headers: Iterable[_Header] = ()) -> bytes:
    """The whole response as it goes onto the wire."""
    request_id = new_request_id()
    response = problem_response(problem, {REQUEST_ID: request_id})
    response.headers.update(SECURITY_HEADERS)
    response.headers["X-Request-Id"] = request_id
    response.headers["Cache-Control"] = "no-store"
    response.headers["Connection"] = "close"
    status = f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n".encode()
    lines = (b"%b: %b\r\n" % header for header in (*headers, *response.raw_headers))
    return b"".join((status, *lines, b"\r\n", bytes(response.body)))
