"""The whole output of each task's processes and calls, beside the log of its events."""

from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import TaskId


@dataclass(frozen=True, slots=True)
class OutputSource:
    """The writer of a part of a task's output."""

    name: str
    """The tool of a call, or the stream of an agent's process."""
    call_id: str | None = None
    """If given, the call's output can be read by itself."""


class ArchiveWriter(Protocol):
    async def write(
        self, text: str, source: OutputSource | None = None, *, apart: bool = False
    ) -> None:
        """Append to the task's output; beyond the archive's bound its oldest part is removed.

        A line names the source before its text. The order between sources is not exact, that
        within one source is. With `apart` the text is kept out of the task's output, for reads of
        that call alone, within a bound of its own. An empty text only registers the call.
        Raises StorageFull.
        """


class OutputArchive(Protocol):
    """With a `call_id`, only that call's output is meant, without the lines that name sources.

    Of calls with the same id, as two attempts of an agent may have, it is the newest.
    """

    def writing(self, task_id: TaskId) -> AbstractAsyncContextManager[ArchiveWriter]:
        """Append to the task's output; in this process it is readable at once.

        Other processes, and readers after a crash, may miss the last moments. Several writers may
        be open at the same time. Entering raises StorageFull; leaving writes all that it can.
        """

    def read(self, task_id: TaskId, *, call_id: str | None = None) -> AsyncGenerator[bytes]:
        """What is kept now, as UTF-8 in pieces; nothing for an unknown id."""

    async def has_call(self, task_id: TaskId, call_id: str) -> bool:
        """Whether the call was registered, and some of it is still kept."""

    async def has_beginning(self, task_id: TaskId, *, call_id: str | None = None) -> bool:
        """False when the beginning of the output was removed."""

    async def kept_bytes(self, task_id: TaskId, *, call_id: str | None = None) -> int:
        """How many bytes `read` would return now; 0 for an unknown id."""

    async def forget(self, tasks: Collection[TaskId]) -> int:
        """Remove the output of these tasks, unless it is being written; returns the bytes freed.

        Unknown ids are ignored.
        """

    async def forget_before(self, at: datetime) -> int:
        """Remove output last written before `at`; returns the bytes freed."""

    async def size_bytes(self) -> int:
        """Of all output on the disk."""
