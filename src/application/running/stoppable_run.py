"""Carries out a run until it ends, or is stopped: by a signal, a deadline or a log that fails."""

import asyncio
import logging
from collections.abc import Iterator

from application.running.run_signals import LimitHit, LostLease, StopCause, StopSignal
from application.running.task_context import GRACE_S, TaskContext
from domain.errors import AgentcastError, StorageFull
from domain.task import Task
from ports.event_sink import EventSink
from ports.runner import Outcome, Runner

log = logging.getLogger(__name__)

_PATIENCE_S = 10.0  # for a runner that does not end when it is cancelled, beyond its grace
_URGENT_S = 1.0  # for one that is to end at once


async def run_until_stopped(
    runner: Runner, task: Task, context: TaskContext, *, sink: EventSink, stop: StopSignal
) -> Outcome | None:
    """None when it was stopped before it had an outcome. Raises what the runner does."""
    if sink.failure is not None:
        stop.request(cause_of(sink.failure))
    context.check_limits()  # those that earlier attempts have passed
    if stop.cause is not None:
        return None
    async with asyncio.TaskGroup() as group:
        watching = [
            group.create_task(RunDeadlines(context, stop).watch()),
            group.create_task(_stop_on_failure(sink, stop)),
            stopped := group.create_task(stop.requested()),
        ]
        running = asyncio.ensure_future(runner.run(task, context))
        try:
            await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                context.prepare_to_stop()
                await _stop(running, stop)
        finally:
            running.cancel()
            for each in watching:
                each.cancel()
    if not running.done():
        log.error("the runner of task %s does not stop; it is left behind", task.task_id)
        return None
    return None if running.cancelled() else running.result()


async def _stop_on_failure(sink: EventSink, stop: StopSignal) -> None:
    stop.request(cause_of(await sink.failed()))


def cause_of(failure: AgentcastError) -> StopCause:
    """Why a run stops whose events can no longer be stored."""
    if isinstance(failure, StorageFull):
        return LimitHit("storage_full", str(failure))
    return LostLease()


async def _stop(running: asyncio.Future[Outcome], stop: StopSignal) -> None:
    running.cancel()
    if not stop.is_urgent:
        urged = asyncio.ensure_future(stop.urged())
        either: set[asyncio.Future[Outcome] | asyncio.Future[None]] = {running, urged}
        await asyncio.wait(
            either, timeout=GRACE_S + _PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
        )
        urged.cancel()
    else:
        await asyncio.wait({running}, timeout=_URGENT_S)
    if not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=_URGENT_S)


class RunDeadlines:
    """How long a run may take in all, until its first output, and between two outputs.

    Until the first output `first_output_s` replaces `idle_s`, where the profile has it.
    """

    def __init__(self, context: TaskContext, stop: StopSignal) -> None:
        self._context = context
        self._stop = stop
        self._started = context.time.now()

    async def watch(self) -> None:
        """Request a stop at the first deadline that passes; returns at once without any."""
        while (left := self._next()) is not None:
            left_s, cause = left
            if left_s <= 0:
                self._stop.request(cause)
                return
            await asyncio.sleep(left_s)
            await self._context.time.running()

    def _next(self) -> tuple[float, LimitHit] | None:
        """The seconds left until the nearest deadline, and the cause of a stop when it passes."""
        return min(self._left(), key=lambda deadline: deadline[0], default=None)

    def _left(self) -> Iterator[tuple[float, LimitHit]]:
        limits, now = self._context.ledger.limits, self._context.time.now()
        first_s = self._context.profile.first_output_s
        if limits.timeout_s is not None:
            cause = LimitHit("timeout", f"the task took longer than {limits.timeout_s:g} s")
            yield self._started + limits.timeout_s - now, cause
        silent_s = now - self._context.last_event_at
        if first_s is not None and not self._context.has_output:
            message = f"the agent had no output in its first {first_s:g} s"
            yield first_s - silent_s, LimitHit("idle_timeout", message)
        elif limits.idle_s is not None:
            message = f"the agent had no output for {limits.idle_s:g} s"
            yield limits.idle_s - silent_s, LimitHit("idle_timeout", message)
