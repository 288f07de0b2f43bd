"""uvicorn's HTTP protocol, taught what a server of long streams needs."""

import asyncio

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from adapters.http.problem import Problem
from adapters.http.raw_problem import raw_problem
from adapters.http.server_state import CastServerState

MAX_HEAD_BYTES = 16 * 1024
_EXTENSION = "agentcast.connection"
_LINGER_S = 1.0


class CastProtocol(HttpToolsProtocol):
    """A request must be whole in time and its head small; a response may take for ever."""

    _is_reading = False
    _is_head_too_large = False
    _is_refused = False
    _chunk_bytes = 0
    _unused_bytes = 0

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
        """Bytes that are no part of a body, and complete nothing, may only be so many."""
        if self._is_refused:
            return
        last = self._last_cycle
        if last is None or last.response_complete:
            self._deadlines.start(self)
        self._chunk_bytes = len(data)
        self._unused_bytes += len(data)
        super().data_received(data)
        if self._unused_bytes > MAX_HEAD_BYTES and not self._is_refused:
            self._refuse(_head_too_large())

    def deadline_passed(self) -> None:
        if self._is_reading:
            self._refuse(_too_slow())
        else:  # who has asked nothing is told nothing: browsers connect in advance
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_reading = True
        self.scope["extensions"] = {_EXTENSION: {"protocol": self}}

    def on_headers_complete(self) -> None:
        # The first test is cheap and never too low: only what it lets through is added up.
        if self._unused_bytes + self._chunk_bytes > MAX_HEAD_BYTES < self._head_bytes():
            self._is_head_too_large = True
            raise ValueError("the head is too large")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unused_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_reading = False
        self._unused_bytes = 0
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
        self._deadlines.stop(self)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(_head_too_large() if self._is_head_too_large else _not_http())

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, problem: Problem) -> None:
        """Say why, if it is this request's turn, and take nothing more from this client."""
        self._is_refused = True
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
        detail=f"The request line and headers may have at most {MAX_HEAD_BYTES} bytes.",
    )


def _too_slow() -> Problem:
    return Problem(
        status=408,
        code="request_too_slow",
        detail="The request did not arrive in time.",
    )


def _not_http() -> Problem:
    return Problem(status=400, code="not_http", detail="This is not an HTTP/1.1 request.")
