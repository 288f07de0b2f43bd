"""The schema that a database has, the one that this program needs, and the migration between."""

from pathlib import Path

from sqlalchemy import Connection, inspect

from adapters.store.schema.tables import metadata
from domain.errors import StoreUnusable

NEEDED = "0006"
KNOWN = frozenset({"0001", "0002", "0003", "0004", "0005", NEEDED})
"""Every revision that this program can start from; `migrations/versions` has a file for each."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x6167656E74636173


def current(connection: Connection) -> str | None:
    """None for a database without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return revision


def upgrade(connection: Connection) -> None:
    """Bring the schema up to what is needed, in the caller's transaction.

    On PostgreSQL the lock keeps other nodes waiting until that transaction ends; on SQLite the
    transaction itself does.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    revision = current(connection)
    refuse_unknown(revision)
    if revision is None and connection.dialect.name == "sqlite":
        create(connection)
    elif revision != NEEDED:
        migrate(connection)


def refuse_unknown(revision: str | None) -> None:
    if revision is not None and revision not in KNOWN:
        raise StoreUnusable(
            f"the database has schema {revision}, which this version of Agentcast does not know "
            f"(it needs {NEEDED}): install the version that made it, or restore a backup"
        )


def create(connection: Connection) -> None:
    """Give an empty file the newest schema: the same as all migrations, in a tenth of their time."""
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{NEEDED}')")


def migrate(connection: Connection) -> None:
    # Most starts need none of this, and the import would take longer than the rest of the start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
