"""A route whose body is JSON, read strictly, and whose query is what it describes."""

from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.problems.problem import Problem
from adapters.http.requests.query_parameters import require_no_query
from adapters.http.requests.strict_json import parse_json

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        if not self.dependant.query_params:
            handle = _without_query(handle)
        if self.body_field is None:
            return handle

        async def handle_json(request: Request) -> Response:
            body = await request.body()
            if not body:
                return await handle(request)
            _require_json(request)
            return await handle(_ParsedRequest(request, body=body, parsed=parse_json(body)))

        return handle_json


def _without_query(handle: Handler) -> Handler:
    async def handle_bare(request: Request) -> Response:
        require_no_query(request)
        return await handle(request)

    return handle_bare


class _ParsedRequest(Request):
    """Hands FastAPI the body that was read and parsed already."""

    def __init__(self, request: Request, *, body: bytes, parsed: object) -> None:
        super().__init__(request.scope, request.receive)
        self._read = body
        self._parsed = parsed

    async def body(self) -> bytes:
        return self._read

    async def json(self) -> object:
        return self._parsed


def _require_json(request: Request) -> None:
    # FastAPI finds the type by the same parser; two opinions would leave a gap.
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    charset = str(message.get_param("charset", "utf-8")).lower()
    if message.get_content_type() != "application/json" or charset != "utf-8":
        raise Problem(
            status=415,
            code="unsupported_media_type",
            detail="The body should be application/json in UTF-8.",
        )
