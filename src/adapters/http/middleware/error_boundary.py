"""Turns an unexpected exception into a 500: logged whole, and without details for the client."""

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.problem import Problem, refuse
from adapters.http.problems.request_scope import STATUS, request_id

log = logging.getLogger(__name__)


class ErrorBoundary:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception:  # boundary of a request
            log.exception("request %s failed unexpectedly", request_id(scope))
            if scope[STATUS] is None:
                await refuse(unexpected(), scope, receive, send)


def unexpected() -> Problem:
    return Problem(
        status=500,
        code="internal_error",
        detail="The server made a mistake; its log has more under this request id.",
    )
