"""The requests that reach a run from outside: to stop, and to pause."""

import asyncio
from dataclasses import dataclass

from domain.task import CancelIntent, PauseWish
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
    """The first cause decides how the run ends; a later one can only make it more urgent."""

    def __init__(self) -> None:
        self._cause: StopCause | None = None
        self._is_urgent = False
        self._requested = asyncio.Event()
        self._urged = asyncio.Event()
        self._agent_ended = asyncio.Event()

    @property
    def cause(self) -> StopCause | None:
        return self._cause

    @property
    def is_urgent(self) -> bool:
        """The run gets no grace period."""
        return self._is_urgent

    def request(self, cause: StopCause) -> None:
        self._cause = self._cause or cause
        if _is_urgent(cause):
            self._is_urgent = True
            self._urged.set()
        self._requested.set()

    def note_end(self) -> None:
        """To be called when the run has ended, before its final event."""
        self._agent_ended.set()

    async def agent_ended(self) -> None:
        await self._agent_ended.wait()

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
            # What is written in the meantime would take the room of the final events.
            return reason in {"storage_full", "store_lost"}


class PauseSignal:
    def __init__(self) -> None:
        self._wish: PauseWish | None = None
        self._is_resumed = asyncio.Event()
        self._is_resumed.set()

    @property
    def is_wanted(self) -> bool:
        return not self._is_resumed.is_set()

    @property
    def by(self) -> str:
        """Who paused or resumed the run last."""
        return self._wish.by if self._wish else ""

    def take(self, wish: PauseWish) -> None:
        """Wishes may come twice and out of order; the one with the highest number counts."""
        if not wish.replaces(self._wish):
            return
        self._wish = wish
        if wish.is_wanted:
            self._is_resumed.clear()
        else:
            self._is_resumed.set()

    async def resumed(self) -> str:
        """Returns who resumed the run, once it is resumed."""
        await self._is_resumed.wait()
        return self.by
