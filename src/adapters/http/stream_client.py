"""The client's end of a stream that was taken over from the HTTP server."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from application.open_stream import OpenStream

OnLeft = Callable[[], Awaitable[None]]


class StreamClient(Protocol):
    """Bytes go in; what its socket does not take at once it keeps, and says when that is gone."""

    stream: OpenStream
    on_left: OnLeft | None
    """For a client that goes before the stream's end."""

    def write(self, data: bytes) -> bool:
        """Whether there is room for more. After False, `on_room` of its owner follows."""

    def close(self) -> None:
        """After what was written, as far as its socket takes it; `on_gone` does not follow."""
