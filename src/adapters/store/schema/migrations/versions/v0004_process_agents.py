"""What agents that are programs need: rules, profiles, conversations, approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("rules", sa.Text))
    op.create_table(
        "agent_profiles",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "agent_threads",
        sa.Column("session_key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("agent", sa.String, primary_key=True),
        sa.Column("thread", sa.Text, nullable=False),
    )
    _create_approvals()


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("approval_id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("session_id", sa.String, nullable=False),
        sa.Column("agent", sa.String, nullable=False),
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("tool_name", sa.String, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("decided_by", sa.String),
        sa.Column("decided_reason", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
    )
    op.create_index("approvals_of_owner", "approvals", ["tenant", "owner", "status"])
    op.create_index("approvals_of_task", "approvals", ["task_id"])
