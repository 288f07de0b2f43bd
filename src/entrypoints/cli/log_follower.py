"""Follows one task in the log of this process's own store."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from domain.task import Task
from domain.task_events import FinalEvent
from entrypoints.cli.views.seen_event import SeenEvent, seen
from ports.event_log import EventLog
from ports.wakeups import Hint, Wakeups

_PAGE = 500
_LOOK_S = 1.0  # hints may be lost, and do not come from another process


class LogFollower:
    def __init__(self, *, log: EventLog, wakeups: Wakeups) -> None:
        self._log = log
        self._wakeups = wakeups

    async def events(self, task: Task) -> AsyncGenerator[SeenEvent, None]:
        """Every event of the task, from its first to its final one."""
        woken = asyncio.Event()

        def hinted(hint: Hint) -> None:
            if hint in (None, task.session_key):
                woken.set()

        after = task.first_seq - 1
        with self._wakeups.listen(hinted):
            while True:
                woken.clear()
                page = await self._log.read(task.session_key, after=after, limit=_PAGE)
                for stored in page:
                    after = stored.seq
                    if stored.task_id == task.task_id and stored.body:
                        event = seen(stored.body.decode())
                        yield event
                        if isinstance(event.event, FinalEvent):
                            return
                if not page:
                    await _within(woken)


async def _within(woken: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_S):
            await woken.wait()
