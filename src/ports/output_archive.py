"""Keeps the whole output of each task's processes, beside the log of its events."""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.ids import TaskId


class ArchiveWriter(Protocol):
    async def write(self, text: str) -> None:
        """Append. Beyond the archive's bound the oldest part of the task's output goes.

        Raises StorageFull.
        """


class OutputArchive(Protocol):
    def writing(self, task_id: TaskId) -> AbstractAsyncContextManager[ArchiveWriter]:
        """Go on at the end of what there is; what was written is readable at once."""

    def read(self, task_id: TaskId) -> AsyncIterator[bytes]:
        """What is kept of a task's output, in pieces; nothing for an unknown id."""

    async def forget(self, tasks: Collection[TaskId]) -> None:
        """Remove what is kept of these tasks; unknown ids are passed over."""

    async def size_bytes(self) -> int:
        """Of everything that is kept."""
