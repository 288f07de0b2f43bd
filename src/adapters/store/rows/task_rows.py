"""Tasks as rows, with their columns of JSON."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy import Row

from adapters.store.rows.store_clock import moment, moment_or_none
from adapters.store.schema.tables import tasks
from domain.extraction import ExtractionRule
from domain.ids import AgentName, SessionId, SessionKey, TaskId, WorkerId
from domain.limits import Limits
from domain.principal import Principal
from domain.task import LIVE, CancelIntent, PauseWish, Task, TaskResult, TaskStatus
from domain.usage import Usage

_Value = TypeVar("_Value", TaskResult, Usage, Limits)

TaskRow = Row[*tuple[Any, ...]] | SimpleNamespace

_NAMES = tuple(column.name for column in tasks.columns)
TASK_COLUMNS = ", ".join(_NAMES)
"""All columns of a task as SQL, in the order that `driver_row` expects."""
LIVE_STATUSES = tuple(sorted(status.value for status in LIVE))

COLUMNS_GIVEN = (
    "task_id",
    "tenant",
    "owner",
    "principal_name",
    "is_local",
    "session_id",
    "agent",
    "task",
    "status",
    "limits",
    "metadata",
    "on_disconnect",
    "approval",
    "workspace",
    "retry_of",
    "rules",
    "model",
)
"""The columns that `columns_of` fills."""


def columns_of(task: Task) -> dict[str, object]:
    """What the submitter decides; the store adds its own columns."""
    return {
        "task_id": task.task_id,
        "tenant": task.principal.tenant,
        "owner": task.principal.owner,
        "principal_name": task.principal.name,
        "is_local": task.principal.is_local,
        "session_id": task.session_id,
        "agent": task.agent,
        "task": task.text,
        "status": TaskStatus.QUEUED.value,
        "limits": json_or_none(task.limits),
        "metadata": json_of(task.metadata),
        "on_disconnect": task.on_disconnect,
        "approval": task.approval,
        "workspace": task.workspace,
        "retry_of": task.retry_of,
        "rules": rules_column(task.rules),
        "model": task.model,
    }


def driver_row(values: tuple[object, ...]) -> SimpleNamespace:
    """A row of the driver with TASK_COLUMNS, by their names."""
    return SimpleNamespace(**dict(zip(_NAMES, values, strict=True)))


def statuses_sql(statuses: Collection[TaskStatus]) -> str:
    """As SQL writes them between the parentheses of `IN`."""
    return ", ".join(f"'{status.value}'" for status in sorted(statuses))


def task_of(row: TaskRow) -> Task:
    return Task(
        task_id=TaskId(row.task_id),
        session_key=SessionKey(row.session_key),
        session_id=SessionId(row.session_id),
        principal=_principal_of(row),
        agent=AgentName(row.agent),
        text=row.task,
        status=TaskStatus(row.status),
        created_at=moment(row.created_at),
        started_at=moment_or_none(row.started_at),
        finished_at=moment_or_none(row.finished_at),
        attempt=row.attempt,
        reason=row.reason,
        result=json_value(TaskResult, json.loads(row.result)) if row.result else None,
        usage=json_value(Usage, json.loads(row.usage)) if row.usage else None,
        limits=json_value(Limits, json.loads(row.limits)) if row.limits else None,
        metadata=json.loads(row.metadata) if row.metadata else None,
        on_disconnect=row.on_disconnect,
        approval=row.approval,
        workspace=row.workspace,
        model=row.model,
        retry_of=row.retry_of,
        rules=rules_of_column(row.rules),
        cancel=_intent_of(row),
        pause=pause_of_column(row.pause_wish),
        worker_id=WorkerId(row.worker_id) if row.worker_id is not None else None,
        first_seq=row.first_seq,
        last_seq=row.last_seq,
        number=row.number,
    )


def json_of(value: Mapping[str, object] | None) -> str | None:
    return None if value is None else json.dumps(value, allow_nan=False)


def json_or_none(value: TaskResult | Usage | Limits | None) -> str | None:
    if value is None:
        return None
    return json_of({name: item for name, item in asdict(value).items() if item is not None})


def json_value(kind: type[_Value], held: Mapping[str, Any]) -> _Value:
    """Ignores fields that a newer version, perhaps of another node, has added."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: item for name, item in held.items() if name in known})


def rules_column(rules: Sequence[ExtractionRule]) -> str | None:
    """None for no rules."""
    return json.dumps([asdict(rule) for rule in rules]) if rules else None


def rules_of_column(text: str | None) -> tuple[ExtractionRule, ...]:
    rules = json.loads(text) if text else ()
    return tuple(
        ExtractionRule(**{**rule, "types": tuple((name, kind) for name, kind in rule["types"])})
        for rule in rules
    )


def pause_column(wish: PauseWish) -> str:
    return json.dumps(asdict(wish))


def pause_of_column(text: str | None) -> PauseWish | None:
    return None if text is None else PauseWish(**json.loads(text))


def _principal_of(row: TaskRow) -> Principal:
    return Principal(
        tenant=row.tenant, owner=row.owner, name=row.principal_name, is_local=bool(row.is_local)
    )


def _intent_of(row: TaskRow) -> CancelIntent | None:
    if row.cancel_mode is None:
        return None
    return CancelIntent(mode=row.cancel_mode, reason=row.cancel_reason, by=row.cancel_by)
