"""Appends to the product's log as a worker would, without a server around it."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.events import AgentEvent, Origin
from domain.ids import AgentName, SessionId, SessionKey, WorkerId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task, TaskStatus
from domain.task_events import TaskQueued
from entrypoints.container import Container
from ports.event_log import Append, EncodedEvent
from ports.task_queue import Claim

_WORKER = WorkerId("bench.1")


class LogWriter:
    """Holds the lease of one task, as a worker would."""

    def __init__(self, container: Container) -> None:
        self._tasks = container.store.task_store()
        self._leases = container.store.task_leases()
        self._log = container.store.event_log()
        self._codec = container.codec()
        self._ids = container.ids()

    async def claimed(self) -> Claim:
        task = Task(
            task_id=self._ids.task_id(),
            session_key=SessionKey(0),
            session_id=SessionId("s"),
            principal=LOCAL,
            agent=AgentName("shell"),
            text="",
            status=TaskStatus.QUEUED,
            created_at=datetime.now(UTC),
        )
        queued = self._encoded(TaskQueued(task=""), task)
        # Reserved by a name of its own, so that the container's worker leaves it alone.
        await self._tasks.submit(task, queued, reserved_for=_WORKER)
        claims = await self._leases.claim(_WORKER, limit=1, lease_s=60, only=task.task_id)
        return claims[0]

    async def timed_ms(self, claim: Claim, size: int) -> float:
        """Encoding is part of it."""
        began = time.monotonic()
        await self._log.append(
            Append(
                session_key=claim.task.session_key,
                task_id=claim.task.task_id,
                lease_id=claim.lease_id,
                events=self._lines(claim.task, size),
            )
        )
        return (time.monotonic() - began) * 1e3

    def _lines(self, task: Task, size: int) -> Sequence[EncodedEvent]:
        line = Log(line="x" * 200, line_num=1, stream="stdout")
        return [self._encoded(line, task) for _ in range(size)]

    def _encoded(self, event: AgentEvent, task: Task) -> EncodedEvent:
        origin = Origin(
            session_key=task.session_key,
            session_id=task.session_id,
            task_id=task.task_id,
            agent=task.agent,
            attempt=task.attempt,
            lease_id=None,
        )
        return self._codec.encode(event, origin, at=datetime.now(UTC), tag=self._ids.tag())
