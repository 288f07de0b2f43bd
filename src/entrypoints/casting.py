"""Small parts of what keeps events and shows them to watchers, and of how well that goes."""

from adapters.http.answers.links import call_output_path
from adapters.wire import JsonEventCodec
from application.cursors.cursor_handles import CursorHandles
from application.upkeep.compaction import Compaction
from application.upkeep.loop_lag import LoopLag
from application.watching.history import History
from ports.clock import Clock
from ports.cursor_store import CursorStore
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.event_retention import EventRetention
from ports.meter import Meter
from ports.output_archive import OutputArchive


def codec() -> JsonEventCodec:
    return JsonEventCodec(call_output_path)


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
