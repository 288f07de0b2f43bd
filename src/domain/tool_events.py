"""Events of tool calls, and of the questions an agent asks a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.json_values import require_finite

ToolStatus = Literal["ok", "error", "denied", "outcome_unknown"]
OutputStream = Literal["stdout", "stderr", "pty", "text"]
"""`pty` for a process in a terminal, which mixes its two outputs; `text` if there is no process,
or if the agent does not report which output it was.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallStart:
    call_id: str
    tool_name: str
    arguments: Mapping[str, object]
    parent_call_id: str | None = None
    """The call that a sub-agent carries out, of whose calls this is one."""

    def __post_init__(self) -> None:
        require_finite(self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallStream:
    call_id: str
    stream: OutputStream
    chunk: str
    truncated: bool | None = None
    output_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallComplete:
    call_id: str
    tool_name: str
    status: ToolStatus
    result: str
    duration_ms: int
    error: str | None = None
    truncated: bool | None = None
    output_url: str | None = None
    """The path of the call's whole output, if `truncated`; relative to the server's address."""
    waited_ms: int | None = None
    """How long the call waited for people; not included in `duration_ms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequired:
    approval_id: str
    call_id: str
    tool_name: str
    arguments: Mapping[str, object]
    reason: str
    expires_at: datetime

    def __post_init__(self) -> None:
        require_finite(self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalResolved:
    approval_id: str
    decision: Literal["approved", "denied", "expired"]
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRequired:
    prompt: str
    choices: tuple[str, ...] | None = None
    """Suggested answers; others are accepted as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputReceived:
    kind: str
    by: str


ToolEvent = (
    ToolCallStart
    | ToolCallStream
    | ToolCallComplete
    | ApprovalRequired
    | ApprovalResolved
    | InputRequired
    | InputReceived
)
