"""Where the events of one run go."""

from typing import Protocol

from domain.errors import AgentcastError
from domain.events import AgentEvent
from domain.task_events import FinalEvent
from domain.usage import Usage


class EventSink(Protocol):
    """Takes the events of one run of a task, in order.

    Once storing them has failed there is a `failure`: `emit`, `recorded` and `end` raise it, and
    nothing more of the run is stored.
    """

    @property
    def failure(self) -> AgentcastError | None:
        """LeaseLost when another run may have the task, LogUnavailable or StorageFull."""

    async def failed(self) -> AgentcastError:
        """Returns the failure as soon as there is one."""

    async def emit(self, event: AgentEvent) -> None:
        """Accept one event that is not a final one. Awaiting it is the back-pressure of the log.

        An event that cannot be encoded is counted and logged, and the run goes on without it.
        """

    async def recorded(self) -> None:
        """Returns when all that was accepted so far is durable."""

    async def end(self, event: FinalEvent, *, usage: Usage | None = None) -> None:
        """Returns when the last event of the run is durable; call it once.

        `usage` is kept with the task. The event may be stored after a failure by StorageFull: the
        store keeps a reserve for it.
        """
