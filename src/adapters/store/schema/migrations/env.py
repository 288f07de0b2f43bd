"""How Alembic reaches the database: over the connection that the caller hands it."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=False,
)
# The caller's transaction holds the lock that lets only one process migrate; it commits.
context.run_migrations()
