"""Ends tasks that run more processes than they may; as root no limit of the kernel's does that."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from adapters.process.fork_count import fork_count

log = logging.getLogger(__name__)

_LOOK_S = 0.1
# More than can be started between the launch and the first look at the machine's count.
_FIRST_COUNT = 32


class CappedProcess(Protocol):
    async def end_all(self, *, most: int) -> int:
        """Kill all of its processes if they are too many; how many there were."""


@dataclass(slots=True, kw_only=True)
class _Watched:
    process: CappedProcess
    most: int
    count: int
    forks: int | None
    """As many forks the machine had seen before `count` was counted."""

    def may_be_over(self, forks: int | None) -> bool:
        if forks is None or self.forks is None:
            return True
        return self.count + forks - self.forks > self.most


class ProcessCap:
    """One look for all tasks; it counts only where enough was started since the last count."""

    def __init__(self) -> None:
        self._watched: list[_Watched] = []
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def over(self, process: CappedProcess, *, most: int | None) -> AsyncIterator[None]:
        if most is None:
            yield
            return
        watched = _Watched(process=process, most=most, count=_FIRST_COUNT, forks=fork_count())
        self._watched.append(watched)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._watched.remove(watched)
            await self._rest()

    async def _rest(self) -> None:
        """With nothing to watch there is nothing to do."""
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


async def _count(watched: _Watched) -> None:
    forks = fork_count()
    try:
        watched.count = await watched.process.end_all(most=watched.most)
    except (OSError, RuntimeError) as error:
        # A crowd may leave no room for a thread to count it on, so the next look tries again.
        log.warning("the processes of a task cannot be counted: %s", error)
    else:
        watched.forks = forks
