"""Many appends in one transaction, each accepted or refused by itself."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from adapters.store.rows.event_rows import Row, next_seqs_fenced, row_of, write_rows
from adapters.store.schema.tables import events, sessions
from adapters.store.tasks.task_change import apply_change
from ports.event_log import Append, StoredEvent

Stored = Sequence[StoredEvent] | None
"""None for an append whose lease was lost."""

_Place = int


def store_batch(connection: Connection, appends: Sequence[Append]) -> Sequence[Stored]:
    results: list[Stored] = [None] * len(appends)
    rows: list[Row] = []
    changed: list[_Place] = []
    for run in _runs(appends):
        first = appends[run[0]]
        count = sum(len(appends[place].events) for place in run)
        last = next_seqs_fenced(
            connection,
            first.session_key,
            task_id=first.task_id,
            lease_id=first.lease_id,
            count=count,
        )
        if last is None:
            continue
        seq = last - count
        for place in run:
            stored = _numbered(appends[place], seq, rows)
            seq += len(stored)
            results[place] = stored
            if appends[place].change is not None:
                changed.append(place)
                apply_change(connection, appends[place], seq)
    write_rows(connection, rows)
    return results


def batch_was_stored(
    connection: Connection, appends: Sequence[Append], results: Sequence[Stored]
) -> bool:
    """Whether a commit without an answer took place, by the tag of an event that it stored."""
    for append, stored in zip(appends, results, strict=True):
        if stored:
            return _holds(connection, append, stored[0])
    return False


def _runs(appends: Sequence[Append]) -> Iterator[Sequence[_Place]]:
    """Places of appends that get their seqs in one statement: one runner's, up to its final change.

    In the order of their sessions' keys, so that two nodes never deadlock on two sessions.
    """
    run: list[_Place] = []
    for place in sorted(range(len(appends)), key=lambda place: appends[place].session_key):
        if run and not _shares_run(appends[run[-1]], appends[place]):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _shares_run(one: Append, other: Append) -> bool:
    return (
        one.task_id == other.task_id
        and one.lease_id == other.lease_id
        and one.session_key == other.session_key
        and (one.change is None or not one.change.status.is_final)
    )


def _numbered(append: Append, after: int, rows: list[Row]) -> Sequence[StoredEvent]:
    key, added = append.session_key, append.events
    numbered = [event.at_seq(seq) for seq, event in enumerate(added, after + 1)]
    rows.extend([row_of(key, *pair) for pair in zip(added, numbered, strict=True)])
    return numbered


def _holds(connection: Connection, append: Append, stored: StoredEvent) -> bool:
    # The commit, if it is still under way, holds this lock: wait for it.
    connection.execute(
        select(sessions.c.key).where(sessions.c.key == append.session_key).with_for_update()
    )
    tag = connection.execute(
        select(events.c.tag).where(
            events.c.session_key == append.session_key, events.c.seq == stored.seq
        )
    ).scalar()
    return bool(tag == stored.tag)
