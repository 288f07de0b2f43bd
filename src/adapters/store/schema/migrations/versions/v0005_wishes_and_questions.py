"""What people want of running tasks: that they rest, and what they answer to their questions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("pause_wish", sa.Text))
    op.create_table(
        "questions",
        sa.Column("task_id", sa.String, primary_key=True),
        sa.Column("call_id", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_by", sa.String),
    )
