"""The replies of a model server: answers, and every way of not giving one."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    tool_name: str
    arguments: str
    """Sent as it is, so that it may be no JSON at all; in two pieces when long enough."""
    call_id: str | None = None
    """None: the server sends no id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    text: Sequence[str] = ()
    """One chunk each."""
    reasoning: Sequence[str] = ()
    """Before the text; one chunk each."""
    calls: Sequence[AskedCall] = ()
    usage: dict[str, object] | None = None
    """The `usage` of the last chunk."""
    finish_reason: str | None = None
    """None: what fits."""
    is_whole: bool = True
    """Otherwise nothing comes after the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFault:
    status: int
    message: str = "the server has a fault"
    retry_after: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The connection is closed after these chunks, in the middle of the stream."""

    text: Sequence[str] = ()
    is_clean: bool = False
    """The stream ends as HTTP would have it, only too early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Nothing more is sent after these chunks, until the client goes away."""

    text: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """An event stream that holds this instead of chunks."""

    stream: str = "data: {oops\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongType:
    content_type: str = "text/html"
    body: str = "<html>not a model</html>"


Reply = Answer | HttpFault | Cut | Stall | Malformed | WrongType
