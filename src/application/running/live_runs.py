"""The runs that this process is carrying out now, and how to stop them."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from application.running.run_signals import Cancelled, PauseSignal, StopCause, StopSignal
from domain.ids import LeaseId, TaskId
from ports.task_queue import Claim


@dataclass(slots=True, eq=False)
class LiveRun:
    task_id: TaskId
    lease_id: LeaseId
    held_until: float
    """By the monotonic clock: the task is this worker's alone until then."""
    stop: StopSignal = field(default_factory=StopSignal)
    pauses: PauseSignal = field(default_factory=PauseSignal)

    @classmethod
    def of(cls, claim: Claim, *, held_until: float) -> "LiveRun":
        """With the cancel and the pause that were requested before the claim."""
        task = claim.task
        run = cls(
            task_id=task.task_id,
            lease_id=claim.lease_id,
            held_until=held_until,
        )
        if task.cancel:
            run.stop.request(Cancelled(task.cancel))
        if task.pause:
            run.pauses.take(task.pause)
        return run


class LiveRuns:
    """By lease, since a run that does not stop may overlap the next run of its task."""

    def __init__(self) -> None:
        self._runs: dict[LeaseId, LiveRun] = {}
        self._latest: dict[TaskId, LiveRun] = {}
        self._ended = asyncio.Event()

    def __len__(self) -> int:
        return len(self._runs)

    def all(self) -> Collection[LiveRun]:
        return tuple(self._runs.values())

    def find(self, task_id: TaskId) -> LiveRun | None:
        """The latest run of a task; None once it has ended, even if an earlier one has not."""
        return self._latest.get(task_id)

    def holding(self, lease_id: LeaseId) -> LiveRun | None:
        return self._runs.get(lease_id)

    def add(self, run: LiveRun) -> None:
        self._runs[run.lease_id] = self._latest[run.task_id] = run

    def remove(self, run: LiveRun) -> None:
        self._runs.pop(run.lease_id, None)
        if self._latest.get(run.task_id) is run:
            del self._latest[run.task_id]
        self._ended.set()

    def stop(self, task_id: TaskId, cause: StopCause) -> bool:
        """Whether the task is one of these."""
        if run := self.find(task_id):
            run.stop.request(cause)
        return run is not None

    def stop_all(self, cause: StopCause) -> None:
        for run in self._runs.values():
            run.stop.request(cause)

    async def all_agents_ended(self, *, timeout_s: float) -> None:
        """Returns once the agents of all runs have ended, or at the timeout. Final events may follow."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                for run in self.all():
                    await run.stop.agent_ended()

    async def all_ended(self, *, timeout_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._runs:
                    self._ended.clear()
                    await self._ended.wait()
        return not self._runs
