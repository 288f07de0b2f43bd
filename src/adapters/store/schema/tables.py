"""The tables as the statements see them.

A new SQLite file is created from them; the migrations bring any other database to the same.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

# SQLite numbers rows by itself only in a column of the type INTEGER.
_COUNTER = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("key", _COUNTER, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("session_id", String, nullable=False),
    Column("title", Text),
    Column("metadata", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False, server_default="1"),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
    Column("active_task", String),
    Column("lease_id", String),
    Column("deleted_at", BigInteger),
    Index(
        "sessions_by_name",
        "tenant",
        "owner",
        "session_id",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
    ),
    Index("sessions_newest", "tenant", "owner", "key"),
    Index(
        "sessions_deleted",
        "deleted_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
    ),
    # The key of a purged session must not be used again: old cursors and hints name it.
    sqlite_autoincrement=True,
)

tasks = Table(
    "tasks",
    metadata,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("task_id", String, nullable=False),
    Column("session_key", BigInteger, nullable=False),
    Column("tenant", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("principal_name", String, nullable=False),
    Column("is_local", Boolean, nullable=False),
    Column("session_id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("task", Text, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("result", Text),
    Column("usage", Text),
    Column("limits", Text),
    Column("metadata", Text),
    Column("on_disconnect", String, nullable=False),
    Column("approval", String),
    Column("workspace", Text),
    Column("retry_of", String),
    Column("cancel_mode", String),
    Column("cancel_reason", String),
    Column("cancel_by", String),
    Column("worker_id", String),
    Column("lease_id", String),
    Column("lease_expires_at", BigInteger),
    Column("reserved_for", String),
    Column("reserved_until", BigInteger),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger),
    Column("deleted_at", BigInteger),
    Column("compacted_at", BigInteger),
    Column("rules", Text),
    Column("pause_wish", Text),
    Column("model", Text),
    Index("tasks_by_id", "task_id", unique=True),
    Index("tasks_newest", "tenant", "owner", "number"),
    Index("tasks_of_session", "session_key", "number"),
    Index(
        "tasks_unfinished",
        "number",
        sqlite_where=text("finished_at IS NULL"),
    ),
    Index(
        "tasks_unfinished_of_session",
        "session_key",
        "number",
        sqlite_where=text("finished_at IS NULL"),
    ),
    Index(
        "tasks_ended",
        "finished_at",
        sqlite_where=text("finished_at IS NOT NULL"),
    ),
    Index(
        "tasks_to_compact",
        "finished_at",
        sqlite_where=text("finished_at IS NOT NULL AND compacted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("session_key", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("tag", String, nullable=False),
    Column("event_type", String, nullable=False),
    Column("task_id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("owner", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("request_hash", String, nullable=False),
    Column("task_id", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("handle", String, primary_key=True),
    Column("tenant", String, primary_key=True),
    Column("owner", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("cursors_over", "expires_at"),
)

agent_profiles = Table(
    "agent_profiles",
    metadata,
    Column("name", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

agent_threads = Table(
    "agent_threads",
    metadata,
    Column("session_key", BigInteger, primary_key=True, autoincrement=False),
    Column("agent", String, primary_key=True),
    Column("thread", Text, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("task_id", String, nullable=False),
    Column("session_id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("call_id", String, nullable=False),
    Column("tool_name", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", String, nullable=False),
    Column("decided_by", String),
    Column("decided_reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Index("approvals_of_owner", "tenant", "owner", "status"),
    Index("approvals_of_task", "task_id"),
)

questions = Table(
    "questions",
    metadata,
    Column("task_id", String, primary_key=True),
    Column("call_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("answer", Text),
    Column("answered_by", String),
)
