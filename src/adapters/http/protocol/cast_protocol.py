"""uvicorn's HTTP protocol, with bounds on heads and on the time that a request may take."""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from adapters.http.middleware.request_id import new_request_id
from adapters.http.middleware.response_headers import SECURITY_HEADERS
from adapters.http.problems.problem import Problem, problem_response
from adapters.http.problems.request_scope import REQUEST_ID
from adapters.http.protocol.request_deadlines import CastServerState

MAX_HEAD_BYTES = 16 * 1024
_EXTENSION = "agentcast.connection"
# The parser says what it found, not where: what is counted is wrong by one piece at most.
_PIECE_BYTES = 4 * 1024
_CHUNK_FRAMING = 8  # of a chunk below 64 KiB, at most: its size in four digits, and two line ends
_LINGER_S = 1.0


class CastProtocol(HttpToolsProtocol):
    """A request must be whole in time and its head small; a response may take for ever."""

    _is_reading = False
    _is_past_head = False
    _takes_more = True
    _fault: Problem | None = None
    _piece_bytes = 0
    _head_bytes = 0
    """Of the request that is read: all that is neither body nor the framing of its chunks."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        shared = server_state if isinstance(server_state, CastServerState) else CastServerState()
        self._deadlines = shared.deadlines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._deadlines.start(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadlines.stop(self)
        super().connection_lost(exc)
        if self._last_cycle:  # or else all of this would wait for the garbage collector
            self._last_cycle.scope["extensions"] = {}

    def data_received(self, data: bytes) -> None:
        """Bounds all of a request that is not its body, wherever it stands."""
        last = self._last_cycle
        if self._takes_more and (last is None or last.response_complete):
            self._deadlines.start(self)
        for start in range(0, len(data), _PIECE_BYTES):
            if not self._takes_more:
                return
            piece = data[start : start + _PIECE_BYTES]
            self._piece_bytes = len(piece)
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self._head_bytes > MAX_HEAD_BYTES and self._takes_more:
                self._refuse(_head_too_large())

    def deadline_passed(self) -> None:
        if self._is_reading:
            self._refuse(_too_slow())
        else:  # nothing was asked, so nothing is answered: browsers connect in advance
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_reading = True
        self._is_past_head = False
        self.scope["extensions"] = {_EXTENSION: {"protocol": self}}

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_past_head:  # or else trailers would pass for headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        # The first test is cheap and never too low: only what it lets through is added up.
        if self._head_bytes + _PIECE_BYTES > MAX_HEAD_BYTES < self._stated_head_bytes():
            self._give_up(_head_too_large())
        if any(name == b"transfer-encoding" for name, _ in self.headers):
            self._require_chunks_alone()
        self._is_past_head = True
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._head_bytes = max(0, self._head_bytes - _CHUNK_FRAMING)

    def on_body(self, body: bytes) -> None:
        self._head_bytes = max(0, self._head_bytes - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._head_bytes - self._piece_bytes > MAX_HEAD_BYTES:
            self._give_up(_head_too_large())
        super().on_message_complete()
        self._is_reading = False
        self._head_bytes = 0
        self._deadlines.stop(self)
        if last := self._last_cycle:
            last.more_body = False

    def on_response_complete(self) -> None:
        """What is left is a request that came in part behind an earlier one: its time begins."""
        super().on_response_complete()
        is_next = self.cycle.response_complete or self.cycle.more_body
        if self._is_reading and is_next and not self.pipeline:
            self._deadlines.start(self)

    def handle_websocket_upgrade(self) -> None:
        self._takes_more = False
        self._deadlines.stop(self)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._fault or _not_http())

    def _give_up(self, fault: Problem) -> None:
        """Refuse from within the parser, which calls `send_400_response` for what is raised."""
        self._fault = fault
        raise ValueError(fault.code)

    def _require_chunks_alone(self) -> None:
        if self.parser.get_http_version() != "1.1":  # whose clients have no chunks
            self._give_up(_not_http())
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if b",".join(codings).strip().lower() != b"chunked":
            self._give_up(_unknown_coding())

    def _stated_head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, problem: Problem) -> None:
        """Answer with the problem, if it is this request's turn, and read nothing more."""
        self._takes_more = False
        self._deadlines.stop(self)
        self._unset_keepalive_if_required()
        may_answer = self._may_answer()
        if last := self._last_cycle:
            last.disconnected = True
            last.message_event.set()
        if not may_answer:
            self.transport.close()
            return
        self.transport.write(raw_problem(problem, headers=self.server_state.default_headers))
        # Closed at once, with bytes unread, the kernel would reset it before the answer is read.
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def _may_answer(self) -> bool:
        """Whether no other response is under way, nor this request's own."""
        last = self._last_cycle
        if last is None:
            return True
        if last.more_body:
            return not last.response_started and not self.pipeline
        return last.response_complete

    @property
    def _last_cycle(self) -> RequestResponseCycle | None:
        """Of the request whose head came last; uvicorn's annotation forgets that there may be none."""
        return self.cycle


def connection_of(scope: Scope) -> CastProtocol | None:
    """The connection a request came by; None on any other server, and for any other protocol."""
    found = (scope.get("extensions") or {}).get(_EXTENSION, {}).get("protocol")
    return found if isinstance(found, CastProtocol) else None


def _head_too_large() -> Problem:
    return Problem(
        status=431,
        code="head_too_large",
        detail=f"The request line and headers, with the extensions of chunks and trailers, may have "
        f"at most {MAX_HEAD_BYTES} bytes.",
    )


def _too_slow() -> Problem:
    return Problem(
        status=408,
        code="request_too_slow",
        detail="The request did not arrive in time.",
    )


def _unknown_coding() -> Problem:
    return Problem(
        status=501,
        code="unknown_transfer_coding",
        detail="The only transfer coding that is understood is chunked, once.",
    )


def _not_http() -> Problem:
    return Problem(status=400, code="not_http", detail="This is not an HTTP/1.1 request.")


_Header = tuple[bytes, bytes]


def raw_problem(problem: Problem, *, headers: Iterable[_Header] = ()) -> bytes:
    """The last answer on a connection, for a request that reaches no application: all its bytes."""
    request_id = new_request_id()
    response = problem_response(problem, {REQUEST_ID: request_id})
    response.headers.update(SECURITY_HEADERS)
    response.headers["X-Request-Id"] = request_id
    response.headers["Cache-Control"] = "no-store"
    response.headers["Connection"] = "close"
    status = f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n".encode()
    lines = (b"%b: %b\r\n" % header for header in (*headers, *response.raw_headers))
    return b"".join((status, *lines, b"\r\n", bytes(response.body)))
