"""PostgreSQL's error codes as errors of the domain."""

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapters.store.postgres.engine import shown
from domain.errors import (
    AgentcastError,
    InvalidInput,
    LogUnavailable,
    StorageFull,
    StoreUnusable,
)

FOREIGN = (
    SQLAlchemyError,
    AsyncAdapt_asyncpg_dbapi.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
"""All that the driver, its pool and its sockets may raise."""

# Connection lost, transaction rolled back, operator intervened.
_TRANSIENT_CLASSES = ("08", "40", "57")
# Too many clients, standby, lock not available, idle within a transaction for too long.
_TRANSIENT = frozenset({"53300", "25006", "55P03", "25P03"})
_FULL = "53100"
_BAD_TEXT = frozenset({"22021", "22P05"})


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed a little later, on a new connection."""
    state = _state(error)
    if state is None:
        return not isinstance(error, SQLAlchemyError) or isinstance(error, DBAPIError)
    return state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT


def while_open(error: BaseException) -> AgentcastError:
    state = _state(error)
    if state == _FULL:
        return StorageFull("the disk that holds the event log is full")
    if state in _BAD_TEXT:
        return InvalidInput("task", "text with NUL characters cannot be stored")
    return LogUnavailable("the database could not be reached")


def at_opening(error: BaseException, url: str) -> StoreUnusable:
    reason = str(error.orig if isinstance(error, DBAPIError) else error).replace("\n", " ")
    return StoreUnusable(
        f"the database {shown(url)} cannot be opened ({reason or type(error).__name__}): "
        "check the URL, and that PostgreSQL runs and lets this user in"
    )


def _state(error: BaseException) -> str | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(origin, "sqlstate", None)
    return state if isinstance(state, str) else None
