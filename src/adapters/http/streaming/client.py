"""The client's end of a stream that was taken over from the HTTP server."""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from application.watching.open_stream import OpenStream

log = logging.getLogger(__name__)

OnLeft = Callable[[], Awaitable[None]]


class StreamClient(Protocol):
    """Bytes go in; what its socket does not take at once it keeps, and says when that is gone."""

    stream: OpenStream
    on_left: OnLeft | None
    """For a client that goes before the stream's end."""

    def write(self, data: bytes) -> bool:
        """Whether there is room for more. After False, `on_room` of its owner follows."""

    @property
    def backlog(self) -> int:
        """How many bytes of what was written its socket has yet to take."""

    def let_go(self) -> None:
        """Close at the end of the frame that its socket has in part, if that is taken in time.

        Neither `on_room` nor `on_gone` need follow.
        """

    def close(self) -> None:
        """After what was written, as far as its socket takes it; `on_gone` does not follow."""


async def after_departure(on_left: OnLeft) -> None:
    try:
        await on_left()
    except Exception:  # boundary: the other streams go on
        log.exception("what was to follow the departure of a client has failed")
