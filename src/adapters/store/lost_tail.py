"""Finds sessions whose last events are gone, as after a damaged write-ahead log."""

import logging

from sqlalchemy import Connection, func, select

from adapters.store.tables import events, sessions

_LOGGER = logging.getLogger(__name__)

_HIGHEST = (
    select(func.max(events.c.seq))
    .where(events.c.session_key == sessions.c.key)
    .correlate(sessions)
    .scalar_subquery()
)
_LOST = select(sessions.c.key, sessions.c.last_seq, _HIGHEST.label("highest")).where(
    sessions.c.last_seq >= sessions.c.first_seq,
    sessions.c.last_seq > func.coalesce(_HIGHEST, 0),
)


def warn_of_lost_tails(connection: Connection) -> None:
    """`last_seq` stays as it is: the numbers of the lost events must not be given out again."""
    for key, last_seq, highest in connection.execute(_LOST):
        _LOGGER.warning(
            "log truncated: session %s lost its events after %s (it had %s); "
            "clients that saw more are told to start over",
            key,
            highest or 0,
            last_seq,
        )
