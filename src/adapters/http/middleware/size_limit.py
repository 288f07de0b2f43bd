"""Bounds what a request may make the server hold."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.problems.problem import Problem, refuse
from adapters.http.problems.request_scope import header_values

MAX_BODY_BYTES = 1024 * 1024
MAX_QUERY_BYTES = 4 * 1024


class SizeLimit:
    """Counts a body while it comes in, so that one without a stated length is bounded too."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif len(scope["query_string"]) > MAX_QUERY_BYTES:
            await refuse(_long_query(), scope, receive, send)
        elif _stated_length(scope) > self._max_body_bytes:
            await refuse(self._large_body(), scope, receive, send)
        else:
            await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        room = self._max_body_bytes

        async def receive_within_room() -> Message:
            nonlocal room
            message = await receive()
            room -= len(message.get("body", b""))
            if room < 0:
                raise self._large_body()
            return message

        return receive_within_room

    def _large_body(self) -> Problem:
        return Problem(
            status=413,
            code="body_too_large",
            detail=f"The body may have at most {self._max_body_bytes} bytes.",
        )


def _stated_length(scope: Scope) -> int:
    stated = header_values(scope, "content-length")
    return max((_number(value) for value in stated), default=0)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        return 0
    return int(text[:20])  # long enough for any length, too short to cost anything


def _long_query() -> Problem:
    return Problem(
        status=414,
        code="query_too_long",
        detail=f"The query may have at most {MAX_QUERY_BYTES} bytes.",
    )
