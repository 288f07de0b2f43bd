"""A watcher on a bare socket, so that thousands cost little and one can be as slow as it likes."""

import re
import socket
from urllib.parse import urlsplit

import httptools

_READ_BYTES = 64 * 1024
_EVENT = re.compile(rb"^id: (\d+)-\S+$", re.MULTILINE)
_TYPE = re.compile(rb"^event: (\S+)$", re.MULTILINE)


class RawWatcher:
    """Checks that each event is the one after the last, and keeps nothing but its place."""

    def __init__(self, *, base_url: str, path: str) -> None:
        self.status = 0
        self.seq = 0
        self.events = 0
        self.last_id = ""
        self.types: set[str] = set()
        self.has_ended = False
        self.socket: socket.socket | None = None
        self._address = urlsplit(base_url)
        self._path = path
        self._rest = b""

    def connect(self, *, receive_buffer: int | None = None) -> socket.socket:
        """Sends its request, with the cursor where it has one, and waits for nothing."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect((self._address.hostname, self._address.port))
        cursor = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        connection.sendall(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
            f"Accept: text/event-stream\r\n{cursor}\r\n".encode()
        )
        self._parser = httptools.HttpResponseParser(self)
        self.socket, self._rest, self.status, self.has_ended = connection, b"", 0, False
        return connection

    def drop(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def read(self, at_most: int = _READ_BYTES) -> bool:
        """Whether anything came; without it the other side has closed."""
        assert self.socket is not None
        data = self.socket.recv(at_most)
        self._parser.feed_data(data)
        return bool(data)

    def read_to(self, event: str) -> None:
        """Until an event of this type has come."""
        while event not in self.types:
            assert self.read(), f"closed after {self.last_id}"

    def read_head(self) -> None:
        while not self.status:
            assert self.read(), "closed without an answer"
        assert self.status == 200

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        *frames, self._rest = (self._rest + body).split(b"\n\n")
        for frame in frames:
            self._take(frame)

    def on_message_complete(self) -> None:
        self.has_ended = True

    def _take(self, frame: bytes) -> None:
        named = _TYPE.search(frame)
        assert named and named[1] != b"reset", frame
        self.types.add(named[1].decode())
        if not (found := _EVENT.search(frame)):
            return
        if named[1] == b"connected":
            self.last_id = found[0].removeprefix(b"id: ").decode()
            return
        seq = int(found[1])
        assert seq == self.seq + 1, f"{seq} after {self.seq}"
        self.seq = seq
        self.events += 1
        self.last_id = found[0].removeprefix(b"id: ").decode()
