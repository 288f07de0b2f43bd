"""A route that parses its JSON body strictly and refuses unknown query parameters."""

import json
import math
import re
from collections.abc import Callable, Coroutine, Iterable
from email.message import Message
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.problems.problem import Problem
from adapters.http.requests.parameters import require_no_query

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
    # The parser that FastAPI uses for the type: another one could disagree with it.
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    charset = str(message.get_param("charset", "utf-8")).lower()
    if message.get_content_type() != "application/json" or charset != "utf-8":
        raise Problem(
            status=415,
            code="unsupported_media_type",
            detail="The body should be application/json in UTF-8.",
        )


MAX_DEPTH = 32
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_DIGITS = 20
_INTEGERS = range(-(2**63), 2**63)


def parse_json(body: bytes) -> object:
    """Raises Problem for what is not JSON, and for JSON that parsers disagree about."""
    try:
        value: object = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _malformed("the body should be UTF-8") from error
    except json.JSONDecodeError as error:
        message = f"{error.msg} at line {error.lineno} column {error.colno}"
        raise _malformed(f"the body is not JSON: {message}") from error
    except RecursionError as error:
        raise _too_deep() from error
    _check(value, depth=1)
    return value


def _check(value: object, *, depth: int) -> None:
    match value:
        case str():
            _check_text(value)
        case dict():
            _check_depth(depth)
            for key, item in value.items():
                _check_text(key)
                _check(item, depth=depth + 1)
        case list():
            _check_depth(depth)
            for item in value:
                _check(item, depth=depth + 1)
        case _:
            return


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _too_deep()


def _check_text(text: str) -> None:
    if _UNSTORABLE.search(text):
        raise _malformed("text may hold neither NUL nor half of a surrogate pair")


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise _malformed("an object may name each of its members only once")
        members[key] = value
    return members


def _integer(digits: str) -> int:
    if len(digits) <= _MAX_DIGITS and (number := int(digits)) in _INTEGERS:
        return number
    raise _malformed("an integer should fit into 64 bits")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _malformed("a number should be finite")
    return number


def _constant(_: str) -> NoReturn:
    raise _malformed("NaN and Infinity are not JSON")


def _too_deep() -> Problem:
    return _malformed(f"the body may be nested at most {MAX_DEPTH} deep")


def _malformed(detail: str) -> Problem:
    return Problem(status=400, code="malformed_json", detail=detail)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)
