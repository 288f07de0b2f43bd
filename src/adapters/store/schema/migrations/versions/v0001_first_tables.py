"""The first tables: sessions, tasks, events, idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_sessions()
    _create_tasks()
    _create_events()
    _create_idempotency_keys()


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("key", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("last_seq", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("active_task", sa.String),
        sa.Column("lease_id", sa.String),
        sa.Column("deleted_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    _create_index(
        "sessions_by_name",
        "sessions",
        ["tenant", "owner", "session_id"],
        where="deleted_at IS NULL",
        unique=True,
    )
    op.create_index("sessions_newest", "sessions", ["tenant", "owner", "key"])
    _create_index("sessions_deleted", "sessions", ["deleted_at"], where="deleted_at IS NOT NULL")


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("number", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("session_key", sa.BigInteger, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("principal_name", sa.String, nullable=False),
        sa.Column("is_local", sa.Boolean, nullable=False),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("agent", sa.String, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("result", sa.Text),
        sa.Column("usage", sa.Text),
        sa.Column("limits", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("on_disconnect", sa.String, nullable=False),
        sa.Column("approval", sa.String),
        sa.Column("workspace", sa.Text),
        sa.Column("retry_of", sa.String),
        sa.Column("cancel_mode", sa.String),
        sa.Column("cancel_reason", sa.String),
        sa.Column("cancel_by", sa.String),
        sa.Column("worker_id", sa.String),
        sa.Column("lease_id", sa.String),
        sa.Column("lease_expires_at", sa.BigInteger),
        sa.Column("reserved_for", sa.String),
        sa.Column("reserved_until", sa.BigInteger),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("tasks_by_id", "tasks", ["task_id"], unique=True)
    op.create_index("tasks_newest", "tasks", ["tenant", "owner", "number"])
    op.create_index("tasks_of_session", "tasks", ["session_key", "number"])
    _create_index("tasks_unfinished", "tasks", ["number"], where="finished_at IS NULL")
    _create_index(
        "tasks_unfinished_of_session",
        "tasks",
        ["session_key", "number"],
        where="finished_at IS NULL",
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("session_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.String, nullable=False),
        sa.Column("event_type", sa.String, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("agent", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("request_hash", sa.String, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )


def _create_index(
    name: str, table: str, columns: list[str], *, where: str, unique: bool = False
) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=only, postgresql_where=only)
