"""Bounds how long a client may take to send one request."""

import asyncio
from typing import Protocol

from uvicorn.server import ServerState

REQUEST_S = 10.0


class Unfinished(Protocol):
    def deadline_passed(self) -> None: ...


class RequestDeadlines:
    """All wait equally long, so who came first is due first: one timer serves every connection."""

    def __init__(self, *, seconds: float = REQUEST_S) -> None:
        self._seconds = seconds
        self._due: dict[Unfinished, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def running(self) -> int:
        return len(self._due)

    def start(self, request: Unfinished) -> None:
        """From now, unless it runs already."""
        if request in self._due:
            return
        loop = asyncio.get_running_loop()
        self._due[request] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._sweep, loop)

    def stop(self, request: Unfinished) -> None:
        self._due.pop(request, None)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now, late = loop.time(), []
        self._timer = None
        for request, due in self._due.items():
            if due > now:
                self._timer = loop.call_at(due, self._sweep, loop)
                break
            late.append(request)
        for request in late:
            self.stop(request)
            request.deadline_passed()


class CastServerState(ServerState):
    def __init__(self, *, request_s: float = REQUEST_S) -> None:
        super().__init__()
        self.deadlines = RequestDeadlines(seconds=request_s)
