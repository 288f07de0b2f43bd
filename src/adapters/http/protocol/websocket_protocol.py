"""uvicorn's WebSocket protocol, for text that is not UTF-8 and for clients that have just gone."""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_INVALID_DATA = 1007


class CastWebSocketProtocol(WebSocketsSansIOProtocol):
    async def send(self, message: ASGISendEvent) -> None:
        """Raises ClientDisconnected as soon as the connection is ending.

        uvicorn's own would raise RuntimeError behind a close frame, and go on writing to a broken
        connection until the loop reports it, each time with a warning.
        """
        await self.writable.wait()
        is_ending = self.close_sent or self.transport.is_closing()
        if is_ending and message["type"] == "websocket.send":
            raise ClientDisconnected
        await super().send(message)

    def send_receive_event_to_app(self) -> None:
        if self.close_sent or self.curr_msg_data_type == "bytes" or _is_utf8(self.frames):
            super().send_receive_event_to_app()
            return
        self.frames = []
        self.conn.send_close(_INVALID_DATA)
        self.handle_parser_exception()


def _is_utf8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True
