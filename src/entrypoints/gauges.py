"""Tells the meter where the levels of the moment can be read."""

from application.watching.open_stream import Writer
from application.watching.watches import Watches
from entrypoints.container import Container


def show_gauges(container: Container) -> None:
    meter, watches = container.meter(), container.watches()
    flush, runs = container.stream_flush(), container.worker().runs
    dispatch = container.event_dispatch()
    meter.show("watchers", lambda: watches.counts().watchers)
    meter.show("watchers_parked", lambda: flush.parked)
    meter.show("streams_portable", lambda: _written_by("portable", watches))
    meter.show("streams_detached", lambda: _written_by("detached", watches))
    meter.show("streams_reactor", lambda: _written_by("reactor", watches))
    meter.show("tasks_running", lambda: len(runs))
    meter.show("listener_backlog", lambda: dispatch.backlog)


def _written_by(writer: Writer, watches: Watches) -> int:
    return sum(stream.writer == writer for stream in watches.streams())
