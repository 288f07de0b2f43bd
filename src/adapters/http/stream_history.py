"""Answers with the history of a session or a task: a page of JSON, or all of it as lines."""

from collections.abc import AsyncIterator
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapters.http.problem import Problem
from adapters.http.stream_query import HistoryQuery, start_of
from application.history import History, HistoryOf
from application.stream_request import FromCursor, Start

NDJSON = "application/x-ndjson"
Format = Literal["stream", "json", "ndjson"]
_PAGE_EVENTS = 500


def wanted_format(request: Request) -> Format:
    """By the Accept header; a stream unless the client names one of the others only."""
    accepted = ",".join(request.headers.getlist("accept")).lower().split(",")
    types = {part.partition(";")[0].strip() for part in accepted}
    if "text/event-stream" in types:
        return "stream"
    if NDJSON in types:
        return "ndjson"
    return "json" if "application/json" in types else "stream"


async def json_page(
    history: History, of: HistoryOf, request: Request, query: HistoryQuery
) -> Response:
    page = await history.page(of, start_of(request, query), limit=query.limit)
    if page.reset:
        raise Problem(
            status=409,
            code="cursor_reset",
            detail=f"The log cannot serve this cursor ({page.reset}): begin again without one.",
        )
    parts = [b'{"items":[', b",".join(page.bodies), b"]"]
    if page.cursor:
        parts.append(b',"next_cursor":"%b"' % page.cursor.encode())
    return Response(b"".join([*parts, b"}"]), media_type="application/json")


async def json_lines(history: History, of: HistoryOf, start: Start) -> Response:
    """Every event up to now; the first page is read before the answer begins."""
    first = await history.page(of, start, limit=_PAGE_EVENTS)

    async def lines() -> AsyncIterator[bytes]:
        page = first
        while True:
            yield b"".join(body + b"\n" for body in page.bodies)
            if page.cursor is None:
                return
            page = await history.page(of, FromCursor(page.cursor), limit=_PAGE_EVENTS)

    return StreamingResponse(lines(), media_type=NDJSON)
