"""The one table from domain errors to HTTP statuses and problem codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.http.problems.problem import FieldError, Problem
from domain.errors import (
    AgentcastError,
    AgentNotFound,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalNotFound,
    CallNotFound,
    CursorNotHeld,
    Draining,
    IdempotencyKeyReused,
    InvalidCursor,
    InvalidInput,
    LimitReached,
    LogUnavailable,
    NotAllowed,
    NotStarted,
    Refused,
    SessionBusy,
    SessionExists,
    SessionNotFound,
    StateConflict,
    StorageFull,
    TaskNotFound,
    UnknownAgent,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    status: int
    code: str
    field: str | None = None
    retry_after_s: int | None = None


_TABLE: Mapping[type[AgentcastError], _Row] = {
    TaskNotFound: _Row(status=404, code="task_not_found"),
    SessionNotFound: _Row(status=404, code="session_not_found"),
    AgentNotFound: _Row(status=404, code="agent_not_found"),
    ApprovalNotFound: _Row(status=404, code="approval_not_found"),
    CallNotFound: _Row(status=404, code="call_not_found"),
    InvalidCursor: _Row(status=400, code="invalid_cursor"),
    UnknownAgent: _Row(status=422, code="unknown_agent"),
    InvalidInput: _Row(status=422, code="invalid_input"),
    NotAllowed: _Row(status=403, code="not_allowed"),
    SessionBusy: _Row(status=409, code="session_busy"),
    SessionExists: _Row(status=409, code="session_exists"),
    StateConflict: _Row(status=409, code="state_conflict"),
    NotStarted: _Row(status=409, code="state_conflict", retry_after_s=1),
    CursorNotHeld: _Row(status=409, code="cursor_reset", field="after"),
    ApprovalAnswered: _Row(status=409, code="approval_answered"),
    ApprovalExpired: _Row(status=410, code="approval_expired"),
    IdempotencyKeyReused: _Row(status=422, code="idempotency_key_reused", field="Idempotency-Key"),
    LimitReached: _Row(status=429, code="limit_reached"),
    Draining: _Row(status=503, code="draining", retry_after_s=5),
    LogUnavailable: _Row(status=503, code="store_unavailable", retry_after_s=2),
    StorageFull: _Row(status=507, code="storage_full"),
}


def problem_of(error: AgentcastError) -> Problem | None:
    """None for an error that no request should get: a bug, which is a 500."""
    for kind in type(error).__mro__:
        if row := _TABLE.get(kind):
            return Problem(
                status=row.status,
                code=row.code,
                detail=_detail(error),
                errors=_field_errors(error, row),
                headers=_headers(error, row),
            )
    return None


def _detail(error: AgentcastError) -> str:
    # What is missing must read like what is another owner's, and no internals may show.
    if isinstance(error, Refused) and str(error):
        return str(error)
    return type(error).__doc__ or "The request could not be carried out."


def _field_errors(error: AgentcastError, row: _Row) -> list[FieldError]:
    field = error.field if isinstance(error, InvalidInput) else row.field
    return [FieldError(field=field, message=_detail(error))] if field else []


def _headers(error: AgentcastError, row: _Row) -> Mapping[str, str] | None:
    wait_s = error.retry_after_s if isinstance(error, LimitReached) else row.retry_after_s
    return None if wait_s is None else {"Retry-After": str(wait_s)}
