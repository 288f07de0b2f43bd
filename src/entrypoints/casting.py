"""Small parts of what shows events to watchers, and of how well that goes."""

from adapters.http.links import call_output_path
from adapters.wire import JsonEventCodec
from application.cursor_shelf import CursorShelf
from application.history import History
from application.loop_lag import LoopLag
from ports.clock import Clock
from ports.cursor_store import CursorStore
from ports.event_log import EventLog
from ports.meter import Meter


def codec() -> JsonEventCodec:
    return JsonEventCodec(call_output_path)


def cursor_shelf(store: CursorStore, clock: Clock) -> CursorShelf:
    return CursorShelf(store=store, clock=clock)


def history(log: EventLog) -> History:
    return History(log=log)


def loop_lag(clock: Clock, meter: Meter) -> LoopLag:
    return LoopLag(clock=clock, meter=meter)
