"""Reads the headers that change how a request is answered."""

import re

from starlette.requests import Request

from adapters.http.problems.problem import field_problem

MAX_WAIT_S = 60
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_WAIT = re.compile(r"\s*wait\s*=\s*\"?([0-9]{1,6})\"?\s*(?:;.*)?", re.IGNORECASE)


def idempotency_key(request: Request) -> str | None:
    """Raises Problem for a key that is not valid, or for several."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise field_problem(
            status=400,
            code="invalid_parameter",
            field="Idempotency-Key",
            message="should be one header of 1 to 255 printable ASCII characters",
        )
    return given[0]


def wait_s(request: Request) -> int:
    """Seconds that the client prefers to wait; other preferences are ignored, after RFC 7240."""
    for header in request.headers.getlist("prefer"):
        for preference in header.split(","):
            if wait := _WAIT.fullmatch(preference):
                return min(int(wait[1]), MAX_WAIT_S)
    return 0


def wants_stream(request: Request) -> bool:
    accepted = ",".join(request.headers.getlist("accept")).lower().split(",")
    return any(part.partition(";")[0].strip() == "text/event-stream" for part in accepted)
