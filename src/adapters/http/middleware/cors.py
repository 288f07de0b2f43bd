"""Lets pages of the listed origins read responses; of no other origin, and of none by default."""

from collections.abc import Callable, Collection

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.problem import Problem, refuse
from adapters.http.problems.request_scope import add_response_headers, header_values

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def allowed_methods(app: FastAPI, scope: Scope) -> str:
    return ", ".join(method for method in METHODS if _takes(app, scope, method))


def _takes(app: FastAPI, scope: Scope, method: str) -> bool:
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in app.router.routes)


_EXPOSED = "Location, Retry-After, X-Log-Truncated, X-Request-Id"
_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Authorization, Cache-Control, Content-Type,"
    " Idempotency-Key, Last-Event-ID, Prefer, X-API-Key, X-Request-Id",
    "Access-Control-Max-Age": "600",
}


class Cors:
    """Origins are compared whole: no patterns, no `*`, no reflection."""

    def __init__(
        self, app: ASGIApp, *, methods: Callable[[Scope], str], origins: Collection[str] = ()
    ) -> None:
        """`methods` are those that a path takes."""
        self._app = app
        self._methods = methods
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origins = header_values(scope, "origin")
        allowed = origins[0] if len(origins) == 1 and origins[0] in self._origins else None
        self._add_headers(scope, allowed)
        if not _is_preflight(scope, origins):
            await self._app(scope, receive, send)
        elif allowed is None:
            await refuse(_foreign_origin(), scope, receive, send)
        else:
            # For an unknown path any method is allowed, so that the page gets to see the 404.
            methods = self._methods(scope) or ", ".join(METHODS)
            headers = {"Access-Control-Allow-Methods": methods, **_PREFLIGHT}
            await Response(status_code=204, headers=headers)(scope, receive, send)

    def _add_headers(self, scope: Scope, allowed: str | None) -> None:
        if self._origins:
            add_response_headers(scope, {"Vary": "Origin"})
        if allowed is not None:
            add_response_headers(
                scope,
                {
                    "Access-Control-Allow-Origin": allowed,
                    "Access-Control-Expose-Headers": _EXPOSED,
                },
            )


def _is_preflight(scope: Scope, origins: list[str]) -> bool:
    asks = header_values(scope, "access-control-request-method")
    return scope["method"] == "OPTIONS" and bool(origins) and bool(asks)


def _foreign_origin() -> Problem:
    return Problem(
        status=403,
        code="origin_not_allowed",
        detail="Pages of that origin may not call this server;"
        " its operator can add the origin to AGENTCAST_CORS_ORIGINS.",
    )
