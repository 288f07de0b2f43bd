"""Keeps the whole output of each task's processes, beside the log of its events."""

from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from domain.ids import TaskId


class ArchiveWriter(Protocol):
    async def write(self, text: str) -> None:
        """Append. Beyond the archive's bound the oldest part of the task's output goes.

        Raises StorageFull.
        """


class OutputArchive(Protocol):
    def writing(self, task_id: TaskId) -> AbstractAsyncContextManager[ArchiveWriter]:
        """Go on at the end of what there is; what was written is readable at once, here.

        For other processes, and after a crash, the last moments may be missing. Entering raises
        StorageFull; leaving loses nothing that could be written.
        """

    def read(self, task_id: TaskId) -> AsyncGenerator[bytes]:
        """What is kept of a task's output by now, as UTF-8 in pieces; nothing for an unknown id."""

    async def has_beginning(self, task_id: TaskId) -> bool:
        """False when the beginning of the task's output had to go."""

    async def kept_bytes(self, task_id: TaskId) -> int:
        """How much `read` would give now; 0 for an unknown id."""

    async def forget(self, tasks: Collection[TaskId]) -> int:
        """Remove what is kept of these tasks, unless it is being written; how many bytes went.

        Unknown ids are passed over.
        """

    async def forget_before(self, at: datetime) -> int:
        """Remove what was last written to before; how many bytes went."""

    async def size_bytes(self) -> int:
        """Of everything that is kept."""
