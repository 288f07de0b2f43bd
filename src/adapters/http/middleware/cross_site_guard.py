"""Refuses requests that a page of another site makes a browser send."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.problem import Problem, refuse
from adapters.http.problems.request_scope import header_values

# These are streams by default, so a page can open them without an Accept header.
_STREAMS = re.compile(r"/api(/v1)?/(sse|agents/[^/]+/stream|(sessions|tasks)/[^/]+/events)")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteGuard:
    """Guards requests that change something, and streams, which are expensive.

    A program that is no browser sends neither `Origin` nor `Sec-Fetch-Site`, and passes.
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_guarded(scope) or self._may_pass(scope):
            await self._app(scope, receive, send)
        else:
            await refuse(_cross_site(), scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        origins = header_values(scope, "origin")
        if len(origins) > 1:
            return False
        if origins and origins[0] in self._origins:
            return True
        if sites := header_values(scope, "sec-fetch-site"):
            return all(site in ("same-origin", "none") for site in sites)
        return not origins or _is_same_host(origins[0], header_values(scope, "host"))


def _is_guarded(scope: Scope) -> bool:
    if scope["type"] == "lifespan":
        return False
    if scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS:
        return True
    if _STREAMS.fullmatch(scope["path"]):
        return True
    return any("text/event-stream" in accepted for accepted in header_values(scope, "accept"))


def _is_same_host(origin: str, hosts: list[str]) -> bool:
    try:
        authority = urlsplit(origin).netloc
    except ValueError:
        return False
    return [authority.lower()] == [host.lower() for host in hosts]


def _cross_site() -> Problem:
    return Problem(
        status=403,
        code="cross_site",
        detail="A page of another site may not do this; its origin is not in AGENTCAST_CORS_ORIGINS.",
    )
