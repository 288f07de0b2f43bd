"""Finds sessions whose last events are gone, as after a damaged write-ahead log."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from adapters.store.schema.tables import events, sessions

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


def lost_tails(connection: Connection) -> Sequence[str]:
    return [
        f"log truncated: session {key} had {last_seq} events, those after {highest or 0} are lost"
        for key, last_seq, highest in connection.execute(_LOST)
    ]


def warn_of_lost_tails(connection: Connection) -> None:
    """`last_seq` stays as it is: the numbers of the lost events must not be given out again."""
    for lost in lost_tails(connection):
        _LOGGER.warning("%s; clients that saw them are told to start over", lost)
