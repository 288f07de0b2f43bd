"""The wish that a run should end, and why."""

import asyncio
from dataclasses import dataclass

from domain.task import CancelIntent
from domain.task_events import FailureReason


@dataclass(frozen=True, slots=True)
class Cancelled:
    intent: CancelIntent


@dataclass(frozen=True, slots=True)
class ShutDown:
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class LostLease:
    """Nothing more may be written; another worker may have the task."""


@dataclass(frozen=True, slots=True)
class LimitHit:
    reason: FailureReason
    message: str


StopCause = Cancelled | ShutDown | LostLease | LimitHit


class StopSignal:
    """The first cause decides how the run ends; a later one may only make it more urgent."""

    def __init__(self) -> None:
        self._cause: StopCause | None = None
        self._is_urgent = False
        self._requested = asyncio.Event()
        self._urged = asyncio.Event()
        self._obeyed = asyncio.Event()

    @property
    def cause(self) -> StopCause | None:
        return self._cause

    @property
    def is_urgent(self) -> bool:
        """No time is given to end well."""
        return self._is_urgent

    def request(self, cause: StopCause) -> None:
        self._cause = self._cause or cause
        if _is_urgent(cause):
            self._is_urgent = True
            self._urged.set()
        self._requested.set()

    def obey(self) -> None:
        """The run has ended, but for its last event."""
        self._obeyed.set()

    async def obeyed(self) -> None:
        await self._obeyed.wait()

    async def requested(self) -> None:
        await self._requested.wait()

    async def urged(self) -> None:
        await self._urged.wait()


def _is_urgent(cause: StopCause) -> bool:
    match cause:
        case Cancelled(intent):
            return intent.mode == "kill"
        case ShutDown(is_urgent):
            return is_urgent
        case LostLease():
            return True
        case LimitHit(reason):
            # What is written in the meantime would take the room of the last words.
            return reason in {"storage_full", "store_lost"}
