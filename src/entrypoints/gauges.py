"""Tells the meter where the levels of the moment can be read."""

from entrypoints.container import Container


def show_gauges(container: Container) -> None:
    meter, watches = container.meter(), container.watches()
    flush, runs = container.stream_flush(), container.worker().runs
    dispatch = container.event_dispatch()
    meter.show("watchers", lambda: watches.counts().watchers)
    meter.show("watchers_parked", lambda: flush.parked)
    meter.show("streams_portable", lambda: len(watches.streams()) - len(flush.channels()))
    meter.show("streams_taken_over", lambda: len(flush.channels()))
    meter.show("tasks_running", lambda: len(runs))
    meter.show("listener_backlog", lambda: dispatch.backlog)
