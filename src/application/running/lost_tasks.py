"""Settles the tasks whose run is over without a final event: none stays as it is."""

import logging
from collections.abc import Sequence

from application.casting.event_broadcaster import EventBroadcaster
from application.recall.prior_attempts import RESUMED_KINDS
from domain.errors import AgentcastError, AgentNotFound
from domain.events import Origin
from domain.task import Task
from domain.task_events import FinalEvent, TaskCancelled, TaskInterrupted
from ports.agent_catalog import AgentCatalog
from ports.approval_store import ApprovalStore
from ports.process import ProcessHost
from ports.task_queue import Claim, TaskQueue, Unsettled

log = logging.getLogger(__name__)


class LostTasks:
    """A task is cancelled if that was wanted, handed back if its agent may repeat it, or ended."""

    def __init__(
        self,
        *,
        queue: TaskQueue,
        approvals: ApprovalStore,
        broadcaster: EventBroadcaster,
        catalog: AgentCatalog,
        processes: ProcessHost,
    ) -> None:
        self._queue = queue
        self._approvals = approvals
        self._broadcaster = broadcaster
        self._catalog = catalog
        self._processes = processes

    async def take_over(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Kill what dead workers left running here, and settle their tasks.

        Returns those that could not be settled.
        """
        killed = await self._processes.sweep([claim.task.task_id for claim in claims])
        log.warning(
            "took over %d tasks of dead workers, killed %d processes", len(claims), len(killed)
        )
        return [claim for claim in claims if not await self.settle(claim, Unsettled())]

    async def settle(self, claim: Claim, unsettled: Unsettled) -> bool:
        """False where the store did not let it."""
        try:
            await self._settle(claim, unsettled.last_event)
        except AgentcastError as error:
            log.warning("task %s could not be settled yet: %s", claim.task.task_id, error)
            return False
        return True

    async def _settle(self, claim: Claim, last_event: FinalEvent | None) -> None:
        is_lost = claim.task.cancel is None and last_event is None
        kind = self._kind_to_requeue(claim.task) if is_lost else None
        if kind not in RESUMED_KINDS:
            await self._approvals.withdraw(claim.task.task_id)
        if kind is not None:
            await self._queue.hand_back(claim, attempt_spent=True)
        else:
            async with self._broadcaster.sink(origin_of(claim)) as sink:
                await sink.end(last_event or _end_of_lost(claim.task))

    def _kind_to_requeue(self, task: Task) -> str | None:
        """The kind of its agent; None if it is not to be carried out again."""
        try:
            profile = self._catalog.get(task.agent)
        except AgentNotFound:
            return None
        may = profile.on_lost == "requeue" and task.attempt < profile.max_attempts
        return profile.kind if may else None


def origin_of(claim: Claim) -> Origin:
    """Where the events of a claimed task come from."""
    task = claim.task
    return Origin(
        session_key=task.session_key,
        session_id=task.session_id,
        task_id=task.task_id,
        agent=task.agent,
        attempt=task.attempt,
        lease_id=claim.lease_id,
        first_seq=task.first_seq,
        has_earlier_runs=not claim.is_first,
    )


def outside_origin(task: Task) -> Origin:
    """For what is written about a task from outside of its run."""
    return Origin(
        session_key=task.session_key,
        session_id=task.session_id,
        task_id=task.task_id,
        agent=task.agent,
        attempt=task.attempt,
        lease_id=None,
        first_seq=task.first_seq,
    )


def _end_of_lost(task: Task) -> FinalEvent:
    if task.cancel:
        return TaskCancelled(reason=task.cancel.reason, by=task.cancel.by, duration_ms=0)
    return TaskInterrupted(reason="worker_lost", attempt=task.attempt)
