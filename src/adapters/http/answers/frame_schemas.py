"""Schemas of what a stream says about itself, in frames that are not in the log."""

from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict


class Connected(TypedDict):
    """The first frame of every stream; its id is `cursor`."""

    session_id: NotRequired[str]
    task_id: NotRequired[str]
    agent: NotRequired[str]
    cursor: str
    first_seq: NotRequired[int]
    last_seq: NotRequired[int]
    ping_s: NotRequired[float]


class Reset(TypedDict):
    """The log cannot serve the cursor: forget what was seen, all that is kept follows."""

    reason: Literal["trimmed", "future", "diverged"]
    first_seq: NotRequired[int]
    last_seq: NotRequired[int]


class CursorMoved(TypedDict):
    """A filter left events out up to here."""

    last_seq: int


class End(TypedDict):
    """Nothing more comes, and the stream closes."""

    reason: Literal["task_finished", "session_deleted", "auth_expired", "server_draining", "limit"]


def frame_schemas() -> dict[str, dict[str, Any]]:
    """By the names under which the API description knows them."""
    return {
        "StreamConnected": TypeAdapter(Connected).json_schema(),
        "StreamReset": TypeAdapter(Reset).json_schema(),
        "StreamCursor": TypeAdapter(CursorMoved).json_schema(),
        "StreamEnd": TypeAdapter(End).json_schema(),
    }
