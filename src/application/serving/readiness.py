"""Whether work should be sent to this server now."""

import asyncio
from typing import Literal

from application.serving.server_coordinator import ServerCoordinator
from application.upkeep.storage_guard import StorageGuard
from domain.errors import Unavailable
from domain.ids import SessionKey
from ports.event_log import EventLog
from ports.process import ProcessHost

NotReady = Literal[
    "draining", "store_unavailable", "storage_full", "store_lost", "watchdog_unavailable"
]

_STORE_PATIENCE_S = 2.0


class Readiness:
    def __init__(
        self,
        *,
        coordinator: ServerCoordinator,
        storage: StorageGuard,
        log: EventLog,
        processes: ProcessHost,
    ) -> None:
        self._coordinator = coordinator
        self._storage = storage
        self._log = log
        self._processes = processes

    async def trouble(self) -> NotReady | None:
        """Why no work should be sent here; None when it should. Takes 2 s at the most."""
        if not self._coordinator.is_accepting:
            return "draining"
        if (trouble := self._storage.trouble) is not None:
            return trouble.kind
        try:
            async with asyncio.timeout(_STORE_PATIENCE_S):
                await self._log.bounds(SessionKey(0))
        except (Unavailable, TimeoutError):
            return "store_unavailable"
        if self._processes.deadline_watch == "failing":
            return "watchdog_unavailable"
        return None
