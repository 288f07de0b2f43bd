"""Answers with the events of one session or one task, in the form that the client accepts."""

from starlette.requests import Request
from starlette.responses import Response

from adapters.http.requests.stream_query import HistoryQuery, cursor_named
from adapters.http.streaming.gzip_response import as_asked
from adapters.http.streaming.history import json_lines, json_page, wanted_format
from adapters.http.streaming.streams import Streams
from application.watching.history import History, HistoryOf
from application.watching.stream_request import Replay, StreamRequest
from domain.principal import Principal


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
