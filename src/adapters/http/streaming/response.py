"""Writes streams to clients over plain ASGI, which any server can carry."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from adapters.http.streaming.channel import OnLeft
from adapters.http.streaming.frames import (
    PING,
    control_frame,
    cursor_frame,
    end_frame,
    event_frames,
)
from adapters.http.streaming.slow_clients import LET_GO_AFTER_S
from adapters.http.streaming.takeover import StreamTakeover
from application.watching.stream_steps import Behind, End, Events, Idle
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.errors import Unavailable

log = logging.getLogger(__name__)

_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}


class SseResponse(Response):
    """Server-Sent Events, until they end or the client leaves or takes nothing for too long."""

    def __init__(self, *, send_timeout_s: float, location: str | None = None) -> None:
        super().__init__(headers=_HEADERS | ({"location": location} if location else {}))
        del self.headers["content-length"]
        self._send_timeout_s = send_timeout_s

    async def _until_left(
        self, receive: Receive, writing: Coroutine[object, object, None]
    ) -> bool:
        """Whether the writing came to its end before the client left."""
        async with asyncio.TaskGroup() as group:
            leaving = group.create_task(_left(receive))
            written = group.create_task(writing)
            await asyncio.wait({leaving, written}, return_when=asyncio.FIRST_COMPLETED)
            has_ended = written.done()
            leaving.cancel()
            written.cancel()
        return has_ended

    async def _send(self, send: Send, body: bytes, *, more: bool) -> None:
        """Raises TimeoutError when the client takes nothing."""
        async with asyncio.timeout(self._send_timeout_s):
            await send({"type": "http.response.body", "body": body, "more_body": more})


class StreamResponse(SseResponse):
    """Owns its watch, and closes it or hands it on with the connection."""

    def __init__(
        self,
        watch: Watch,
        *,
        watches: Watches,
        takeover: StreamTakeover,
        ping_s: float,
        send_timeout_s: float = LET_GO_AFTER_S,
        location: str | None = None,
        on_left: OnLeft | None = None,
    ) -> None:
        super().__init__(send_timeout_s=send_timeout_s, location=location)
        self._watch = watch
        self._watches = watches
        self._takeover = takeover
        self._ping_s = ping_s
        self._on_left = on_left
        self._has_ended = False
        self._shown_at: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_taken = has_ended = False
        connection = self._takeover.candidate(scope)
        try:
            await send(self._head(will_close=connection is not None))
            if connection is not None:
                is_taken = self._takeover.take(connection, self._watch, on_left=self._on_left)
            if is_taken:
                await _left(receive)
            else:
                has_ended = await self._until_left(receive, self._write(send))
        finally:
            if not is_taken:
                self._watches.close(self._watch)
        if self._on_left and not is_taken and not has_ended:
            await self._on_left()

    def _head(self, *, will_close: bool) -> Message:
        closing = [(b"connection", b"close")] if will_close else []
        headers = [*self.raw_headers, *closing]
        return {"type": "http.response.start", "status": 200, "headers": headers}

    async def _write(self, send: Send) -> None:
        try:
            while frames := await self._next_frames():
                await self._send(send, frames, more=True)
                self._watches.written(self._shown_at)
                self._shown_at = None
        except Unavailable as error:
            log.warning("a stream is cut short, its client may resume: %s", error)
        except TimeoutError:
            # What is in the server's buffers, which are whole frames, is all it gets.
            self._watches.let_go(
                self._watch.stream, after_s=self._send_timeout_s, writer="portable"
            )
            return
        with suppress(TimeoutError):
            await self._send(send, b"", more=False)

    async def _next_frames(self) -> bytes:
        """Waits for what comes next; empty after the end."""
        while True:
            match step := self._watch.step():
                case Events():
                    frames = event_frames(step)
                    self._watches.sent(events=len(step.events), size=len(frames))
                    self._watch.stream.bytes_sent += len(frames)
                    self._shown_at = step.shown_at
                    return frames
                case Behind():
                    await self._watch.read()
                case Idle():
                    if not await self._watch.wait(timeout_s=self._ping_s):
                        moved = self._watch.rest()
                        return cursor_frame(moved) if moved else PING
                case End():
                    return self._last_frame(step)
                case _:
                    return control_frame(step, ping_s=self._ping_s)

    def _last_frame(self, step: End) -> bytes:
        """Empty when it was sent already: nothing comes after it."""
        if self._has_ended:
            return b""
        self._has_ended = True
        return end_frame(step)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
