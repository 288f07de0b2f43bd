"""Writes a watch to a client over plain ASGI; any server can carry it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapters.http.stream_frames import (
    PING,
    connected_frame,
    cursor_frame,
    end_frame,
    reset_frame,
)
from application.stream_steps import (
    Behind,
    Connected,
    CursorMoved,
    End,
    Events,
    Idle,
    Reset,
)
from application.watch import Watch
from application.watches import Watches
from domain.errors import Unavailable

log = logging.getLogger(__name__)

STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}


class StreamResponse(Response):
    """Owns its watch and closes it, whichever side goes first."""

    def __init__(
        self,
        watch: Watch,
        *,
        watches: Watches,
        ping_s: float,
        location: str | None = None,
        on_left: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        headers = STREAM_HEADERS | ({"location": location} if location else {})
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._watch = watch
        self._watches = watches
        self._ping_s = ping_s
        self._on_left = on_left
        self._has_ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            has_ended = await self._write_until_left(receive, send)
        finally:
            self._watches.close(self._watch)
        if not has_ended and self._on_left:
            await self._on_left()

    async def _write_until_left(self, receive: Receive, send: Send) -> bool:
        """Whether the stream came to its end before the client left."""
        async with asyncio.TaskGroup() as group:
            leaving = group.create_task(_left(receive))
            writing = group.create_task(self._write(send))
            await asyncio.wait({leaving, writing}, return_when=asyncio.FIRST_COMPLETED)
            has_ended = writing.done()
            leaving.cancel()
            writing.cancel()
        return has_ended

    async def _write(self, send: Send) -> None:
        try:
            while frames := await self._next_frames():
                await send({"type": "http.response.body", "body": frames, "more_body": True})
        except Unavailable as error:
            log.warning("a stream is cut short, its client may resume: %s", error)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next_frames(self) -> bytes:
        """Waits for what comes next; empty after the end."""
        while True:
            match step := self._watch.step():
                case Events():
                    return step.frames
                case Behind():
                    await self._watch.read()
                case Idle():
                    if not await self._watch.wait(timeout_s=self._ping_s):
                        moved = self._watch.rest()
                        return cursor_frame(moved) if moved else PING
                case Connected():
                    return connected_frame(step)
                case Reset():
                    return reset_frame(step)
                case CursorMoved():
                    return cursor_frame(step)
                case End():
                    return self._last_frame(step)

    def _last_frame(self, step: End) -> bytes:
        """Empty when it was sent already: nothing comes after it."""
        if self._has_ended:
            return b""
        self._has_ended = True
        return end_frame(step)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
