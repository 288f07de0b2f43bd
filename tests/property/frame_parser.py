"""A strict parser of one HTTP response with an event stream."""

import json
import re

from tests.property.frame import Frame
from tests.property.reader import seq_of

_SIZE = re.compile(rb"([0-9a-f]+)\r\n")


class FrameParser:
    """Head, chunks and frames may be cut anywhere; nothing may follow the last chunk."""

    def __init__(self) -> None:
        self.is_connected = False
        self.is_whole = False
        self._raw = b""
        self._text = b""

    def feed(self, data: bytes) -> list[Frame]:
        assert not self.is_whole, f"{data!r} after the last chunk"
        self._raw += data
        if not self.is_connected:
            head, end, rest = self._raw.partition(b"\r\n\r\n")
            if not end:
                return []
            assert head.startswith(b"HTTP/1.1 200 "), head
            self.is_connected, self._raw = True, rest
        while (chunk := self._next_chunk()) is not None:
            self._text += chunk
        *blocks, self._text = self._text.split(b"\n\n")
        return [_frame(block.decode("ascii")) for block in blocks]

    def _next_chunk(self) -> bytes | None:
        if (size := _SIZE.match(self._raw)) is None:
            assert len(self._raw) < 10 and b"\n" not in self._raw, self._raw
            return None
        begin = size.end()
        end = begin + int(size[1], 16)
        if len(self._raw) < end + 2:
            return None
        chunk, line_end = self._raw[begin:end], self._raw[end : end + 2]
        assert line_end == b"\r\n", self._raw
        self._raw = self._raw[end + 2 :]
        if not chunk:
            self.is_whole = True
            assert self._raw == b""
            return None
        return chunk


def _frame(block: str) -> Frame:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
    data = json.loads(fields["data"])
    match fields["event"]:
        case "connected":
            assert data["cursor"] == fields["id"]
            return Frame(kind="connected", id=fields["id"], seq=seq_of(fields["id"]))
        case "reset":
            return Frame(kind="reset", id=fields["id"], seq=data["first_seq"])
        case "cursor":
            return Frame(kind="cursor", id=fields["id"], seq=data["last_seq"])
        case "end":
            return Frame(kind="end")
        case event_type:
            assert data["event_type"] == event_type
            assert str(data["seq"]) == fields["id"].partition("-")[0]
            return Frame(kind="event", id=fields["id"], seq=data["seq"])
