"""Kills commands that run too many processes; RLIMIT_NPROC does not bind root."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from adapters.process.process_table import ProcessEntry, fork_count, still_living

log = logging.getLogger(__name__)

_LOOK_S = 0.1
# More than can be started between the launch and the first look at the fork count.
_FIRST_COUNT = 32
# More than a command within its cap may seem to be over it by what ends and starts during a look.
_CHURN = 256


def count_living(entries: Sequence[ProcessEntry], *, most: int) -> int:
    """How many of them lived at the same time, if that decides whether there are more than `most`.

    Where there are far more, all count: those of a fork bomb may each end soon.
    """
    is_close = most < len(entries) <= most + max(most, _CHURN)
    return len(still_living(entries) if is_close else entries)


class CappedProcess(Protocol):
    async def kill_if_over(self, *, most: int) -> int:
        """Kill all of its processes if there are more than `most`; returns how many there were."""


@dataclass(slots=True, kw_only=True)
class _Capped:
    process: CappedProcess
    most: int
    count: int
    forks: int | None
    """Forks of the whole machine before `count` was taken; None if unknown."""

    def may_be_over(self, forks: int | None) -> bool:
        if forks is None or self.forks is None:
            return True
        return self.count + forks - self.forks > self.most


class ProcessCap:
    """Counts the processes of a command only if the machine has forked enough since the last count."""

    def __init__(self) -> None:
        self._watched: list[_Capped] = []
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def applied_to(self, process: CappedProcess, *, most: int | None) -> AsyncIterator[None]:
        if most is None:
            yield
            return
        watched = _Capped(process=process, most=most, count=_FIRST_COUNT, forks=fork_count())
        self._watched.append(watched)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._watched.remove(watched)
            await self._rest()

    async def _rest(self) -> None:
        """Stop looking when no command is capped."""
        looking = self._looking
        if looking is not None and not self._watched:
            self._looking = None
            looking.cancel()
            await asyncio.wait((looking,))

    async def _look(self) -> None:
        while True:
            forks = fork_count()
            for watched in tuple(self._watched):
                if watched.may_be_over(forks):
                    await _count(watched)
            await asyncio.sleep(_LOOK_S)


async def _count(watched: _Capped) -> None:
    forks = fork_count()
    try:
        watched.count = await watched.process.kill_if_over(most=watched.most)
    except (OSError, RuntimeError) as error:
        # A fork bomb may leave no process for a thread; the next look tries again.
        log.warning("the processes of a task cannot be counted: %s", error)
    else:
        watched.forks = forks
