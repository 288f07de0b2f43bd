"""The frames of a stream of Server-Sent Events, and the chunks of HTTP/1.1 that carry them."""

import json
import random
from dataclasses import fields

from application.watching.stream_steps import Connected, CursorMoved, End, Events, Reset
from ports.event_log import StoredEvent

PING = b": ping\n"
"""One line and no blank one: several clients take a block without data for an empty event."""
FRAME_END = b"\n\n"
LAST_CHUNK = b"0\r\n\r\n"
_RETRY_MS = (1500, 3000)


def event_frame(stored: StoredEvent) -> bytes:
    """With the event's own seq and tag for its id, as in the stream of one session."""
    return b"id: %d-%b\nevent: %b\ndata: %b\n\n" % (
        stored.seq,
        stored.tag.encode(),
        stored.event_type.encode(),
        stored.body,
    )


def event_frames(step: Events) -> bytes:
    if step.cursors is None:
        return b"".join([event.rendered for event in step.events])
    return b"".join(
        b"id: %b\nevent: %b\ndata: %b\n\n"
        % (cursor.encode(), stored.event_type.encode(), stored.body)
        for stored, cursor in step.with_cursors()
    )


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


def connected_frame(step: Connected, *, ping_s: float) -> bytes:
    """Carries the time after which a cut-off client is to come back, a little different for each."""
    retry = random.randint(*_RETRY_MS)
    data = _frame("connected", _fields(step) | {"ping_s": ping_s})
    return b"id: %b\nretry: %d\n%b" % (step.cursor.encode(), retry, data)


def reset_frame(step: Reset) -> bytes:
    fields = _fields(step)
    cursor = fields.pop("cursor")
    frame = _frame("reset", fields)
    return b"id: %b\n%b" % (str(cursor).encode(), frame) if cursor else frame


def cursor_frame(step: CursorMoved) -> bytes:
    return b"id: %b\n%b" % (step.cursor.encode(), _frame("cursor", {"last_seq": step.last_seq}))


def end_frame(step: End) -> bytes:
    return _frame("end", _fields(step))


def chunk(data: bytes) -> bytes:
    """For streams that are written past the server."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _fields(step: Connected | Reset | End) -> dict[str, object]:
    return {one.name: getattr(step, one.name) for one in fields(step)}


def _frame(name: str, values: dict[str, object]) -> bytes:
    present = {key: value for key, value in values.items() if value is not None}
    data = json.dumps(present, separators=(",", ":"))
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data.encode())
