"""Small parts of what keeps events and shows them to watchers, and of how well that goes."""

from adapters.http.answers.links import call_output_path
from adapters.http.streaming.frames import event_frame
from adapters.wire import JsonEventCodec
from application.cursors.cursor_handles import CursorHandles
from application.upkeep.compaction import Compaction
from application.upkeep.loop_lag import LoopLag
from application.watching.history import History
from application.watching.tails import Tails
from ports.clock import Clock
from ports.cursor_store import CursorStore
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.event_retention import EventRetention
from ports.meter import Meter
from ports.output_archive import OutputArchive
from ports.session_store import SessionStore
from ports.task_feed import TaskFeed


def codec() -> JsonEventCodec:
    return JsonEventCodec(call_output_path)


def tails(log: EventLog, sessions: SessionStore, feed: TaskFeed) -> Tails:
    return Tails(log=log, sessions=sessions, feed=feed, render=event_frame)


def cursor_handles(store: CursorStore, clock: Clock) -> CursorHandles:
    return CursorHandles(store=store, clock=clock)


def history(log: EventLog) -> History:
    return History(log=log)


def compaction(
    log: EventLog, codec: EventCodec, retention: EventRetention, archive: OutputArchive
) -> Compaction:
    return Compaction(log=log, codec=codec, retention=retention, archive=archive)


def loop_lag(clock: Clock, meter: Meter) -> LoopLag:
    return LoopLag(clock=clock, meter=meter)
