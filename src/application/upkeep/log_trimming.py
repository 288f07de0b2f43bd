"""Removes events from the log in small steps, so that appends can go on in between."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.errors import StorageFull
from domain.ids import SessionKey
from ports.event_retention import EndedTask, EventRetention

STEP_EVENTS = 500
_PAUSE_S = 0.01  # between two steps; their size alone bounds how long an append waits
_TASKS_AT_ONCE = 100
_INSTANT = timedelta(microseconds=1)
EVER = datetime.max.replace(tzinfo=UTC)


class LogTrimming:
    def __init__(self, retention: EventRetention) -> None:
        self._retention = retention

    async def trim_before(self, ended_before: datetime) -> int:
        """Removes the events of tasks that ended before that time; returns how many."""
        total = 0
        while oldest := await self._retention.oldest(
            ended_before=ended_before, limit=_TASKS_AT_ONCE
        ):
            for key in dict.fromkeys(task.session_key for task in oldest):
                events, _ = await self._trim(key, ended_before)
                total += events
        return total

    async def trim_task(self, task: EndedTask) -> int:
        """Removes its session's events up to the first later task; returns about how many bytes."""
        _, size = await self._trim(task.session_key, task.ended_at + _INSTANT)
        return size

    async def trim_session(self, session_key: SessionKey) -> None:
        await self._trim(session_key, EVER)

    async def _trim(self, session_key: SessionKey, ended_before: datetime) -> tuple[int, int]:
        events = size = 0
        limit = STEP_EVENTS
        while True:
            try:
                step = await self._retention.trim(
                    session_key, ended_before=ended_before, limit=limit
                )
            except StorageFull:
                if limit == 1:
                    raise
                limit = max(1, limit // 4)  # on a full disk a smaller step may still succeed
                continue
            events += step.events
            size += step.size
            if step.events < limit:
                return events, size
            await asyncio.sleep(_PAUSE_S)
