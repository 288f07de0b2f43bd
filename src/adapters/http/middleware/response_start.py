"""Adds to the start of every response what the other middleware asked for.

It is the only one that wraps `send`: a stream pays for each wrapper with every chunk.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.request_scope import RESPONSE_HEADERS, STATUS

_CACHE_CONTROL = b"cache-control"


class ResponseStart:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope[RESPONSE_HEADERS] = []
        scope[STATUS] = None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[STATUS] = message["status"]
                headers = [*message.get("headers", ()), *scope[RESPONSE_HEADERS]]
                # What tasks do and say stays in no cache, unless an answer says otherwise.
                if not any(name == _CACHE_CONTROL for name, _ in headers):
                    headers.append((_CACHE_CONTROL, b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)
