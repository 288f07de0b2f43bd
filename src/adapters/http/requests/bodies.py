"""The JSON that clients send, and the command that a submission makes: nothing unknown is taken."""

import hashlib
import json
from collections.abc import Mapping
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
from adapters.http.requests.rules import RuleBodies, rules_of
from application.serving.submit_task import SubmitTask
from domain.approval import Verdict
from domain.ids import AgentName, SessionId, TaskId
from domain.limits import Limits
from domain.task import Approval, OnBusy, OnDisconnect
from ports.task_store import IdempotencyKey

Reason = Annotated[
    str, Field(min_length=1, max_length=1000, description="Why; it may be passed on to the agent.")
]

_STRICT = ConfigDict(extra="forbid", strict=True)
_SUBMIT = ConfigDict(
    extra="forbid",
    strict=True,
    json_schema_extra={"examples": [{"task": "List all .py files in the current directory"}]},
)


@with_config(_STRICT)
class LimitsBody(TypedDict):
    """How much the task may use; for what is left out, the limit of its agent holds."""

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


@with_config(_STRICT)
class ApprovalBody(TypedDict):
    """The answer to an approval; it can be given once."""

    decision: Verdict
    reason: NotRequired[Reason]


def submit_command(body: SubmitBody, *, key: str | None) -> SubmitTask:
    """Raises InvalidInput for a rule with too few or too many fields."""
    return SubmitTask(
        text=body["task"],
        session_id=SessionId(body["session_id"]) if "session_id" in body else None,
        agent=AgentName(body["agent"]) if "agent" in body else None,
        limits=_limits(body["limits"]) if "limits" in body else None,
        on_busy=body.get("on_busy", "enqueue"),
        on_disconnect=body.get("on_disconnect", "continue"),
        approval=body.get("approval"),
        workspace=body.get("workspace"),
        model=body.get("model"),
        metadata=body.get("metadata"),
        rules=rules_of(body.get("extraction", ()), field="extraction"),
        idempotency=None if key is None else _idempotency(key, body),
    )


def _limits(body: LimitsBody) -> Limits:
    return Limits(
        timeout_s=body.get("timeout_s"),
        idle_s=body.get("idle_s"),
        iterations=body.get("iterations"),
        tool_calls=body.get("tool_calls"),
        tokens=body.get("tokens"),
        usd=body.get("usd"),
        output_bytes=body.get("output_bytes"),
    )


def retry_key(key: str | None, task_id: TaskId) -> IdempotencyKey | None:
    """Hashes what no submission has as its body, so that keys of retries and submissions differ."""
    return None if key is None else _idempotency(key, {"retry_of": task_id})


def _idempotency(key: str, body: Mapping[str, object]) -> IdempotencyKey:
    # The order of members and white space do not make it a different request.
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(key=key, request_hash=hashlib.sha256(canonical.encode()).hexdigest())
