"""Gives every request an id, to find it in the log by what the client saw."""

import random
import re
import secrets

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.request_scope import REQUEST_ID, add_response_headers, header_values

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")

_ids = random.Random(secrets.randbits(128))  # only names a request; the system's source is slow


class RequestId:
    """Takes the client's `X-Request-Id` when it is a plain short word, else makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            chosen = _chosen(header_values(scope, "x-request-id"))
            scope[REQUEST_ID] = chosen
            add_response_headers(scope, {"X-Request-Id": chosen})
        await self._app(scope, receive, send)


def new_request_id() -> str:
    return f"req_{_ids.getrandbits(80):020x}"


def _chosen(given: list[str]) -> str:
    if len(given) == 1 and _SANE.fullmatch(given[0]):
        return given[0]
    return new_request_id()
