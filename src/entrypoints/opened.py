"""Opens what a container holds, for the server, the command line and the tests alike."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from entrypoints.container import Container
from entrypoints.stores import TOGETHER, require_one_database
from ports.openable import Openable


@asynccontextmanager
async def opened(container: Container) -> AsyncIterator[None]:
    """Open what must be opened, in order, and close it in reverse. Raises MixedStores."""
    require_one_database({name: container.providers[name]() for name in TOGETHER})
    parts: list[object] = [
        container.database(),
        container.event_log(),
        container.storage_guard(),
        container.wakeups(),
        container.process_host(),
        container.language_model(),
        container.agents(),
        container.event_broadcaster(),
        container.tail_follower(),
        container.retention(),
        container.server_coordinator(),
        container.stream_takeover(),
        container.loop_lag(),
    ]
    async with AsyncExitStack() as stack:
        for part in parts:
            if isinstance(part, Openable):
                await stack.enter_async_context(part.opened())
        yield
