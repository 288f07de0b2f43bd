"""The JSON that clients send: what is optional is left out, and nothing unknown is taken."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.requests.checked_values import (
    AgentText,
    CancelModeText,
    Dollars,
    Iterations,
    Metadata,
    ModelText,
    OutputBytes,
    Seconds,
    SessionIdText,
    TaskText,
    Title,
    Tokens,
    ToolCalls,
    Workspace,
)
from adapters.http.requests.rule import RuleBodies
from domain.task import Approval, OnBusy, OnDisconnect

_STRICT = ConfigDict(extra="forbid", strict=True)
_SUBMIT = ConfigDict(
    extra="forbid",
    strict=True,
    json_schema_extra={"examples": [{"task": "List all .py files in the current directory"}]},
)


@with_config(_STRICT)
class LimitsBody(TypedDict):
    """How much the task may use; what is left out is not limited, or as its agent says."""

    timeout_s: NotRequired[Seconds]
    idle_s: NotRequired[Seconds]
    iterations: NotRequired[Iterations]
    tool_calls: NotRequired[ToolCalls]
    tokens: NotRequired[Tokens]
    usd: NotRequired[Dollars]
    output_bytes: NotRequired[OutputBytes]


@with_config(_SUBMIT)
class SubmitBody(TypedDict):
    """A task to be carried out."""

    task: TaskText
    session_id: NotRequired[SessionIdText]
    agent: NotRequired[AgentText]
    limits: NotRequired[LimitsBody]
    on_busy: NotRequired[OnBusy]
    on_disconnect: NotRequired[OnDisconnect]
    approval: NotRequired[
        Annotated[
            Approval,
            Field(
                description="What the agent may do unasked: `auto` everything, `ask` what a person "
                "allows, `deny` nothing. Refused where the agent cannot be held to it; without it "
                "the `default` of the agent's `approvals` holds."
            ),
        ]
    ]
    workspace: NotRequired[Workspace]
    model: NotRequired[ModelText]
    metadata: NotRequired[Metadata]
    extraction: NotRequired[RuleBodies]


@with_config(_STRICT)
class CancelBody(TypedDict):
    """How to end the task."""

    mode: NotRequired[CancelModeText]


@with_config(_STRICT)
class NewSessionBody(TypedDict):
    """A session to be made."""

    session_id: NotRequired[SessionIdText]
    title: NotRequired[Title]
    metadata: NotRequired[Metadata]


@with_config(_STRICT)
class SessionEditBody(TypedDict):
    """What is left out stays as it is."""

    title: NotRequired[Title]
    metadata: NotRequired[Metadata]
