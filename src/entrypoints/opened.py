"""Opens what a container holds, for the server, the command line and the tests alike."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from entrypoints.container import Container
from entrypoints.containers.store import require_one_store
from ports.openable import Openable


@asynccontextmanager
async def opened(container: Container) -> AsyncIterator[None]:
    """Open what must be opened, in order, and close it in reverse. Raises MixedStores."""
    require_one_store(container.store)
    _show_levels(container)
    parts: list[object] = [
        container.store.database(),
        container.store.event_log(),
        container.store.storage_guard(),
        container.store.wakeups(),
        container.agents.process_host(),
        container.agents.language_model(),
        container.server.known_agents(),
        container.streams.event_broadcaster(),
        container.streams.tail_follower(),
        container.server.retention(),
        container.server.coordinator(),
        container.http.stream_takeover(),
        container.server.loop_lag(),
    ]
    async with AsyncExitStack() as stack:
        for part in parts:
            if isinstance(part, Openable):
                await stack.enter_async_context(part.opened())
        yield


def _show_levels(container: Container) -> None:
    """The meter reads them whenever it is asked for them."""
    meter, watches = container.meter(), container.streams.watches()
    flush, runs = container.http.stream_flush(), container.server.worker().runs
    dispatch = container.streams.event_dispatch()
    meter.show("watchers", lambda: watches.counts().watchers)
    meter.show("watchers_parked", lambda: flush.parked)
    meter.show("streams_portable", lambda: len(watches.streams()) - len(flush.channels()))
    meter.show("streams_taken_over", lambda: len(flush.channels()))
    meter.show("tasks_running", lambda: len(runs))
    meter.show("listener_backlog", lambda: dispatch.backlog)
