"""Frames as chunks of an HTTP/1.1 response, for streams that are written past the server."""

from adapters.http.streaming.frames import (
    connected_frame,
    cursor_frame,
    end_frame,
    reset_frame,
)
from application.watching.stream_steps import Connected, CursorMoved, End, Reset

LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def control_frame(step: Connected | Reset | CursorMoved | End, *, ping_s: float) -> bytes:
    match step:
        case Connected():
            return connected_frame(step, ping_s=ping_s)
        case Reset():
            return reset_frame(step)
        case CursorMoved():
            return cursor_frame(step)
        case End():
            return end_frame(step)


def control_chunk(step: Connected | Reset | CursorMoved | End, *, ping_s: float) -> bytes:
    return chunk(control_frame(step, ping_s=ping_s))
