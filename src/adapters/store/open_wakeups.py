"""Wakeups between the nodes that share a database."""

from adapters.store.open_database import driver_of
from domain.errors import StoreUnusable
from ports.wakeups import Wakeups


def open_wakeups(url: str) -> Wakeups:
    """For PostgreSQL alone; nothing is touched before its `opened()` is entered."""
    if driver_of(url) != "postgresql":
        raise StoreUnusable("only nodes on PostgreSQL can wake each other")
    try:
        # Its driver is an extra, which a program on SQLite need not have.
        from adapters.store.postgres.wakeups import PostgresWakeups
    except ImportError as error:
        raise StoreUnusable(
            "PostgreSQL needs one more package: pip install 'agentcast[postgres]'"
        ) from error
    return PostgresWakeups(url)
