"""The frames that a stream makes itself; those of events come ready from the log."""

import json
import random
from dataclasses import fields

from application.watching.stream_steps import Connected, CursorMoved, End, Reset

PING = b": ping\n"
"""One line and no blank one: several clients take a block without data for an empty event."""
_RETRY_MS = (1500, 3000)


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


def _fields(step: Connected | Reset | End) -> dict[str, object]:
    return {one.name: getattr(step, one.name) for one in fields(step)}


def _frame(name: str, values: dict[str, object]) -> bytes:
    present = {key: value for key, value in values.items() if value is not None}
    data = json.dumps(present, separators=(",", ":"))
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data.encode())
