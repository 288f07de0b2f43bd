"""What the opening of a stream draws on."""

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
    """What lies behind these comes first, in the order of time."""


def first_steps(
    connected: Connected, resets: Sequence[Reset], start: Start
) -> Sequence[Connected | Reset]:
    """A client stands where it stood until it has read the reset: cut before, it gets it again."""
    if not resets or not isinstance(start, FromCursor):
        return [connected]
    reset = replace(resets[0], cursor=connected.cursor)
    return [replace(connected, cursor=start.cursor), reset]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to watch, and how to wake them."""

    principal: Principal
    wake: Wake


async def join(
    sources: StreamSources, asker: Asker, session_key: SessionKey
) -> tuple[Tail, Bounds] | None:
    """Register first, then read how far the log goes; None if the session was deleted."""
    tail = sources.tails.join(session_key, asker.wake)
    bounds = await sources.log.bounds(session_key)
    if bounds is None:
        sources.tails.leave(tail, asker.wake)
        return None
    if bounds.last_seq > tail.last_seq:
        tail.last_seq = bounds.last_seq
        tail.wake_all()  # those who were here already: the next look finds nothing new any more
    return tail, bounds
