"""Settles the tasks of dead workers: they are cancelled, requeued or interrupted, never left."""

import logging
from collections.abc import Collection

from application.casting.event_broadcaster import EventBroadcaster
from application.recall.prior_attempts import RESUMED_KINDS
from application.running.run_signals import LimitHit, StopCause
from application.running.worker_settings import WorkerSettings
from domain.errors import AgentcastError, AgentNotFound
from domain.events import Origin
from domain.ids import LeaseId, TaskId
from domain.task import Task
from domain.task_events import FinalEvent, TaskCancelled, TaskFailed, TaskInterrupted
from ports.agent_catalog import AgentCatalog
from ports.approval_store import ApprovalStore
from ports.process import ProcessHost
from ports.task_leases import Claim, TaskLeases

log = logging.getLogger(__name__)


class LostTasks:
    def __init__(
        self,
        *,
        leases: TaskLeases,
        approvals: ApprovalStore,
        broadcaster: EventBroadcaster,
        catalog: AgentCatalog,
        processes: ProcessHost,
    ) -> None:
        self._leases = leases
        self._approvals = approvals
        self._broadcaster = broadcaster
        self._catalog = catalog
        self._processes = processes

    async def settle(
        self, settings: WorkerSettings, *, of_instance: str | None = None
    ) -> Collection[Claim]:
        """Take over what is lost, kill what it left running, and end or requeue it.

        Gives the tasks that were taken over but could not be settled: they are this worker's now.
        """
        claims = await self._broadcaster.storage.with_reserve(
            lambda: self._leases.claim_lost(
                settings.worker_id, lease_s=settings.lease_s, of_instance=of_instance
            )
        )
        if not claims:
            return ()
        killed = await self._processes.sweep([claim.task.task_id for claim in claims])
        log.warning(
            "took over %d tasks of dead workers, killed %d processes", len(claims), len(killed)
        )
        return [claim for claim in claims if not await self._is_settled(claim)]

    async def settle_own(
        self,
        settings: WorkerSettings,
        task_id: TaskId,
        lease_id: LeaseId,
        cause: StopCause | None,
    ) -> Claim | None:
        """End or requeue a task whose run here, by that lease, ended without a final event.

        `cause` is what had stopped that run. Gives the task if it could not be settled.
        """
        claim = await self._broadcaster.storage.with_reserve(
            lambda: self._leases.reclaim(
                settings.worker_id, task_id, lease_id=lease_id, lease_s=settings.lease_s
            )
        )
        return None if claim is None or await self._is_settled(claim, cause) else claim

    async def _is_settled(self, claim: Claim, cause: StopCause | None = None) -> bool:
        try:
            await self._settle_one(claim, cause)
        except AgentcastError as error:
            log.warning("task %s could not be settled yet: %s", claim.task.task_id, error)
            return False
        return True

    async def _settle_one(self, claim: Claim, cause: StopCause | None) -> None:
        is_lost = claim.task.cancel is None and not isinstance(cause, LimitHit)
        kind = self._kind_to_requeue(claim.task) if is_lost else None
        if kind not in RESUMED_KINDS:
            await self._approvals.withdraw(claim.task.task_id)
        if kind is not None:
            await self._leases.requeue(claim, attempt_spent=True)
        else:
            async with self._broadcaster.sink(origin_of(claim)) as sink:
                await sink.end(_last_word(claim.task, cause))

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


def _last_word(task: Task, cause: StopCause | None) -> FinalEvent:
    if isinstance(cause, LimitHit):
        return TaskFailed(error=cause.message, reason=cause.reason, duration_ms=0)
    if task.cancel:
        return TaskCancelled(reason=task.cancel.reason, by=task.cancel.by, duration_ms=0)
    return TaskInterrupted(reason="worker_lost", attempt=task.attempt)
