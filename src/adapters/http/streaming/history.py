"""Answers with the events of one session or one task: as a stream, a page of JSON or lines of it."""

import logging
from collections.abc import AsyncIterator
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from adapters.http.problems.problem import Problem
from adapters.http.requests.stream_query import HistoryQuery, cursor_named
from adapters.http.streaming.gzip_response import as_asked
from adapters.http.streaming.streams import Streams
from application.watching.history import History, HistoryOf, HistoryPage
from application.watching.stream_request import FromCursor, Replay, Start, StreamRequest
from domain.errors import AgentcastError
from domain.principal import Principal

log = logging.getLogger(__name__)

NDJSON = "application/x-ndjson"
Format = Literal["stream", "json", "ndjson"]
_PAGE_EVENTS = 500


class EventAnswers:
    def __init__(self, *, streams: Streams, history: History) -> None:
        self._streams = streams
        self._history = history

    async def respond(
        self,
        request: Request,
        query: HistoryQuery,
        principal: Principal,
        *,
        of: HistoryOf,
        asked: StreamRequest,
    ) -> Response:
        """`of` and `asked` name the same events: one for pages and lines, one for a stream."""
        with cursor_named(request):
            match wanted_format(request):
                case "stream":
                    answer = await self._streams.respond(principal, asked, is_in_path=True)
                    return as_asked(answer, request, query)
                case "json":
                    return await json_page(self._history, of, asked.start, limit=query.limit)
                case "ndjson":
                    return await json_lines(self._history, of, asked.start)

    async def everything(self, of: HistoryOf) -> Response:
        return await json_lines(self._history, of, Replay(None))


def wanted_format(request: Request) -> Format:
    """By the Accept header; a stream unless the client names one of the others only."""
    accepted = ",".join(request.headers.getlist("accept")).lower().split(",")
    types = {part.partition(";")[0].strip() for part in accepted}
    if "text/event-stream" in types:
        return "stream"
    if NDJSON in types:
        return "ndjson"
    return "json" if "application/json" in types else "stream"


async def json_page(history: History, of: HistoryOf, start: Start, *, limit: int) -> Response:
    page = await _page(history, of, start, limit=limit)
    parts = [b'{"items":[', b",".join(page.bodies), b"]"]
    if page.cursor:
        parts.append(b',"next_cursor":"%b"' % page.cursor.encode())
    return Response(b"".join([*parts, b"}"]), media_type="application/json")


async def json_lines(history: History, of: HistoryOf, start: Start) -> Response:
    """Every event up to now; the first page is read before the answer begins."""
    first = await _page(history, of, start, limit=_PAGE_EVENTS)

    async def lines() -> AsyncIterator[bytes]:
        page = first
        while True:
            yield b"".join(body + b"\n" for body in page.bodies)
            if page.cursor is None:
                return
            page = await _page(history, of, FromCursor(page.cursor), limit=_PAGE_EVENTS)

    return _Lines(lines(), media_type=NDJSON)


class _Lines(StreamingResponse):
    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except (Problem, AgentcastError) as error:
            # Without its last chunk the answer is cut short, and the client's library reports it.
            log.warning("lines of a history are cut short: %s", error)


async def _page(history: History, of: HistoryOf, start: Start, *, limit: int) -> HistoryPage:
    page = await history.page(of, start, limit=limit)
    if page.reset:
        raise Problem(
            status=409,
            code="cursor_reset",
            detail=f"The log lacks events that should come next ({page.reset}): "
            "begin again without a cursor, or by `since`.",
        )
    return page
