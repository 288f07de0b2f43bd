"""What every kind of stream needs to be opened, and what opening one returns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.cursors.cursor_snapshots import CursorSnapshots
from application.watching.log_reader import LogReader
from application.watching.stream_request import FromCursor, Start
from application.watching.stream_steps import Connected, Reset
from application.watching.subscription import Subscription
from application.watching.tails import Tail, Tails, Wake
from domain.ids import SessionKey
from domain.principal import Principal
from ports.agent_catalog import AgentCatalog
from ports.clock import Clock
from ports.event_log import Bounds, EventLog
from ports.session_store import SessionStore
from ports.task_feed import TaskFeed
from ports.task_store import TaskStore


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSources:
    log: EventLog
    tails: Tails
    tasks: TaskStore
    feed: TaskFeed
    sessions: SessionStore
    catalog: AgentCatalog
    clock: Clock
    snapshots: CursorSnapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    subscription: Subscription
    steps: Sequence[Connected | Reset]
    past: Sequence[LogReader] = ()
    """What these have yet to read comes first, merged by time."""


def first_steps(
    connected: Connected, resets: Sequence[Reset], start: Start
) -> Sequence[Connected | Reset]:
    """`connected`, then the first reset if the client came with a cursor.

    With a reset to follow, `connected` repeats the client's cursor: if the connection breaks
    between the two, the client resumes from that cursor and gets the reset again.
    """
    if not resets or not isinstance(start, FromCursor):
        return [connected]
    reset = replace(resets[0], cursor=connected.cursor)
    return [replace(connected, cursor=start.cursor), reset]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who wants to watch, and how to wake their watch."""

    principal: Principal
    wake: Wake


async def join(
    sources: StreamSources, subscriber: Subscriber, session_key: SessionKey
) -> tuple[Tail, Bounds] | None:
    """Register with the session's tail, then read how far its log goes. None if it is deleted.

    In this order only. Say the log ends with event 7, and event 8 is committed while this runs.
    If the watch read first, the bounds could say 7, and 8 could wake the others just before the
    watch is registered: it would sleep with 8 unread. Registered first, either the bounds say 8,
    or 8 wakes the watch, or both; a reader never passes an event twice.
    """
    tail = sources.tails.join(session_key, subscriber.wake)
    bounds = await sources.log.bounds(session_key)
    if bounds is None:
        sources.tails.leave(tail, subscriber.wake)
        return None
    if bounds.last_seq > tail.last_seq:
        tail.last_seq = bounds.last_seq
        tail.wake_all()  # whoever was here before: to the next look these events are not new
    return tail, bounds
