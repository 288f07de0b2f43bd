"""Adds headers to every response and counts it, at its start.

`ResponseStart` is the only middleware that wraps `send`: a stream pays for each wrapper with
every chunk. The others leave their headers in the scope.
"""

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.problems.request_scope import RESPONSE_HEADERS, STATUS, add_response_headers
from ports.meter import Meter

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""They keep a browser from doing more with an answer than was meant."""
_CACHE_CONTROL = b"cache-control"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            add_response_headers(scope, SECURITY_HEADERS)
        await self._app(scope, receive, send)


class ResponseStart:
    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[RESPONSE_HEADERS] = []
        scope[STATUS] = None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[STATUS] = message["status"]
                self._count(scope, message["status"])
                headers = [*message.get("headers", ()), *scope[RESPONSE_HEADERS]]
                # No cache may keep what tasks do, unless an answer says otherwise.
                if not any(name == _CACHE_CONTROL for name, _ in headers):
                    headers.append((_CACHE_CONTROL, b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _count(self, scope: Scope, status: int) -> None:
        method, route = scope["method"], scope.get("route")
        self._meter.request_answered(
            method=method if method in _METHODS else _OTHER,
            # Both prefixes have the same templates; pages and unknown paths have none.
            route=route.path_format if isinstance(route, APIRoute) else _OTHER,
            status=status,
        )
