"""One line in the log for each request that was answered."""

import logging
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.request_scope import STATUS, request_id
from ports.clock import Clock

log = logging.getLogger("agentcast.access")
_UNLOGGED = frozenset({"/health", "/api/health", "/api/v1/health"})


class AccessLog:
    """Never logs the query: it may contain secrets."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNLOGGED:
            await self._app(scope, receive, send)
            return
        started = self._clock.monotonic()
        try:
            await self._app(scope, receive, send)
        finally:
            took_ms = (self._clock.monotonic() - started) * 1000
            log.info(
                "%s %s %s %.1f ms %s",
                scope["method"],
                quote(scope["path"]),
                scope[STATUS] or "-",
                took_ms,
                request_id(scope),
            )
