"""Headers that keep a browser from doing more with an answer than was meant."""

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.request_scope import add_response_headers

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            add_response_headers(scope, SECURITY_HEADERS)
        await self._app(scope, receive, send)
