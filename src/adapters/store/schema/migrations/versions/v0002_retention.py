"""What retention must find without looking at every task."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_IS_ENDED = "finished_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("compacted_at", sa.BigInteger))
    _create_index("tasks_ended", where=_IS_ENDED)
    _create_index("tasks_to_compact", where=f"{_IS_ENDED} AND compacted_at IS NULL")


def _create_index(name: str, *, where: str) -> None:
    only = sa.text(where)
    op.create_index(name, "tasks", ["finished_at"], sqlite_where=only, postgresql_where=only)
