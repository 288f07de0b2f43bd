"""Compresses a stream for a client that asked for it, and still delivers each event at once."""

import zlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from adapters.http.requests.stream_query import StreamQuery

_VARY = (b"vary", b"accept-encoding")
_ENCODING = (b"content-encoding", b"gzip")
# A smaller window than usual: about 32 KiB for each stream, and events repeat themselves nearby.
_WINDOW_BITS = 12
_MEMORY_LEVEL = 5
_GZIP = 16


def as_asked(response: Response, request: Request, query: StreamQuery) -> Response:
    """Compressed when the query asks for it and the headers allow it."""
    if not query.compress or response.status_code != 200:
        return response
    if _accepts_gzip(request):
        return GzipStream(response)
    response.headers.append("vary", "accept-encoding")
    return response


class GzipStream(Response):
    """Another response, compressed, and always written over plain ASGI."""

    def __init__(self, response: Response) -> None:
        super().__init__(status_code=response.status_code)
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Without its extensions nobody can take the connection and write past this.
        await self._response({**scope, "extensions": {}}, receive, _Deflater(send).send)


class _Deflater:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._deflate = zlib.compressobj(
            level=6, wbits=_GZIP + _WINDOW_BITS, memLevel=_MEMORY_LEVEL
        )

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], _ENCODING, _VARY]}
        elif message["type"] == "http.response.body":
            message = {**message, "body": self._deflated(message)}
        await self._send(message)

    def _deflated(self, message: Message) -> bytes:
        until = zlib.Z_SYNC_FLUSH if message.get("more_body") else zlib.Z_FINISH
        return self._deflate.compress(message.get("body", b"")) + self._deflate.flush(until)


def _accepts_gzip(request: Request) -> bool:
    accepted = ",".join(request.headers.getlist("accept-encoding")).lower().split(",")
    qualities = dict(map(_coding, accepted))
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _coding(part: str) -> tuple[str, float]:
    name, _, parameters = part.partition(";")
    _, _, quality = parameters.partition("=")
    try:
        return name.strip(), float(quality) if quality.strip() else 1.0
    except ValueError:
        return name.strip(), 0.0
