"""Tells the meter where the levels of the moment can be read."""

from entrypoints.container import Container


def show_gauges(container: Container) -> None:
    meter, watches = container.meter(), container.watches()
    flush, runs = container.stream_flush(), container.worker().runs
    meter.show("watchers", lambda: watches.counts().watchers)
    meter.show("watchers_parked", lambda: flush.parked)
    meter.show("tasks_running", lambda: len(runs))
