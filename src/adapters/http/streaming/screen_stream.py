"""Streams a terminal's screen, whole at each change, until its process has ended."""

import json
import logging

from starlette.types import Receive, Scope, Send

from adapters.http.answers.terminal import screen_answer
from adapters.http.streaming.frames import PING, end_frame
from adapters.http.streaming.response import SseResponse
from adapters.http.streaming.slow_clients import LET_GO_AFTER_S
from application.serving.task_terminals import ScreenWatch
from application.watching.stream_cap import Admission
from application.watching.stream_steps import End
from domain.errors import StateConflict
from ports.terminal_screen import ScreenView

log = logging.getLogger(__name__)


class ScreenStream(SseResponse):
    """Its frames have no ids: there is nothing to resume, each is the whole screen."""

    def __init__(
        self,
        watch: ScreenWatch,
        *,
        admission: Admission,
        ping_s: float,
        send_timeout_s: float = LET_GO_AFTER_S,
    ) -> None:
        super().__init__(send_timeout_s=send_timeout_s)
        self._watch = watch
        self._admission = admission
        self._ping_s = ping_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._until_left(receive, self._write(send))
        finally:
            self._admission.release()

    async def _write(self, send: Send) -> None:
        try:
            await self._write_views(send)
            await self._send(send, b"", more=False)
        except TimeoutError:
            return  # the client reads nothing: its place is for others

    async def _write_views(self, send: Send) -> None:
        try:
            while not self._watch.has_ended:
                view = await self._watch.next(timeout_s=self._ping_s)
                if view is not None or not self._watch.has_ended:
                    await self._send(send, PING if view is None else _frame(view), more=True)
            await self._send(send, end_frame(End("task_finished")), more=True)
        except StateConflict as error:
            log.warning("a screen cannot be shown any more: %s", error)


def _frame(view: ScreenView) -> bytes:
    data = json.dumps(screen_answer(view), separators=(",", ":"))
    return b"event: screen\ndata: %b\n\n" % data.encode()
