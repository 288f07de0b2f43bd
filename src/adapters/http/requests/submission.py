"""From a submitted body to what the application is asked."""

import hashlib
import json
from collections.abc import Mapping

from adapters.http.requests.bodies import LimitsBody, SubmitBody
from adapters.http.requests.rule import rules_of
from application.serving.submit_task import SubmitTask
from domain.ids import AgentName, SessionId, TaskId
from domain.limits import Limits
from ports.task_store import IdempotencyKey


def submit_task(body: SubmitBody, *, key: str | None) -> SubmitTask:
    """Raises InvalidInput for a rule that says too little or too much."""
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
    """No submission has such a body, so that a key is for the one or for the other."""
    return None if key is None else _idempotency(key, {"retry_of": task_id})


def _idempotency(key: str, body: Mapping[str, object]) -> IdempotencyKey:
    # The order of members and the white space between them do not make another request.
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(key=key, request_hash=hashlib.sha256(canonical.encode()).hexdigest())
