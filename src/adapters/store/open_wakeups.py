"""Makes the wake-ups of a PostgreSQL database, whose driver is an extra."""

from domain.errors import StoreUnusable
from ports.wakeups import Wakeups


def open_wakeups(url: str) -> Wakeups:
    """Nothing is touched before `opened()` is entered."""
    try:
        from adapters.store.postgres_wakeups import PostgresWakeups
    except ImportError as error:
        raise StoreUnusable("PostgreSQL needs one more package: agentcast[postgres]") from error
    return PostgresWakeups(url)
