"""What one run is given: its profile, its folder, and a way to tell what it does."""

import logging
from collections.abc import Sequence

from application.stop_signal import LimitHit, StopSignal
from domain.agent_profile import AgentProfile
from domain.errors import LeaseLost, LogUnavailable, StorageFull
from domain.events import AgentEvent, EventListener, Origin
from domain.limits import Limits, Spent
from ports.clock import Clock
from ports.meter import Meter

log = logging.getLogger(__name__)

GRACE_S = 5.0


class TaskContext:
    """The RunContext of one attempt; every event of the run goes through it."""

    def __init__(
        self,
        *,
        profile: AgentProfile,
        limits: Limits,
        workspace: str,
        origin: Origin,
        listeners: Sequence[EventListener],
        stop: StopSignal,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.profile = profile
        self.limits = limits
        self.workspace = workspace
        self.spent = Spent()
        self.last_event_at = clock.monotonic()
        self._origin = origin
        self._listeners = listeners
        self._stop = stop
        self._clock = clock
        self._meter = meter

    @property
    def grace_s(self) -> float:
        return 0.0 if self._stop.is_urgent else GRACE_S

    async def emit(self, event: AgentEvent) -> None:
        self.last_event_at = self._clock.monotonic()
        self.spent.count(event)
        if self._stop.cause is None and (reason := self.spent.exceeded(self.limits)):
            message = f"the task went over its limit of {reason.removeprefix('limit.')}"
            self._stop.request(LimitHit(reason, message))
        for listener in self._listeners:
            await self._tell(listener, event)

    async def _tell(self, listener: EventListener, event: AgentEvent) -> None:
        try:
            await listener.on_event(event, self._origin)
        except (LeaseLost, LogUnavailable, StorageFull):
            raise
        except Exception:  # boundary: listeners are isolated from the run and from each other
            self._meter.add("listener_errors")
            log.exception("a listener failed on an event of task %s", self._origin.task_id)
