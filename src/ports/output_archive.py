"""Keeps the whole output of each task's processes and calls, beside the log of its events."""

from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import TaskId


@dataclass(frozen=True, slots=True)
class OutputSource:
    """What wrote a part of a task's output that others write to as well."""

    name: str
    """The call's tool, or the stream of an agent's process."""
    call_id: str | None = None
    """With it, the part can be read by itself."""


class ArchiveWriter(Protocol):
    async def write(
        self, text: str, source: OutputSource | None = None, *, apart: bool = False
    ) -> None:
        """Append to the task's output. Beyond the archive's bound its oldest part goes.

        What a source wrote stands under a line that names it; what several write in a moment may
        be put in another order, but never the text of one. `apart` keeps a call's text for who
        asks for that call alone, within a bound of its own. An empty text makes the call known.
        Raises StorageFull.
        """


class OutputArchive(Protocol):
    """Where a call is named, that call's output alone is meant, without the lines that name it.

    Of calls with the same id, as two attempts of an agent may have, it is the newest.
    """

    def writing(self, task_id: TaskId) -> AbstractAsyncContextManager[ArchiveWriter]:
        """Go on at the end of what there is; what was written is readable at once, here.

        For other processes, and after a crash, the last moments may be missing. Several may write
        at the same time. Entering raises StorageFull; leaving loses nothing that could be written.
        """

    def read(self, task_id: TaskId, *, call_id: str | None = None) -> AsyncGenerator[bytes]:
        """What is kept by now, as UTF-8 in pieces; nothing for an unknown id."""

    async def has_call(self, task_id: TaskId, call_id: str) -> bool:
        """Whether a call is known, and not all that is known of it had to go."""

    async def has_beginning(self, task_id: TaskId, *, call_id: str | None = None) -> bool:
        """False when the beginning of the output had to go."""

    async def kept_bytes(self, task_id: TaskId, *, call_id: str | None = None) -> int:
        """How much `read` would give now; 0 for an unknown id."""

    async def forget(self, tasks: Collection[TaskId]) -> int:
        """Remove what is kept of these tasks, unless it is being written; how many bytes went.

        Unknown ids are passed over.
        """

    async def forget_before(self, at: datetime) -> int:
        """Remove what was last written to before; how many bytes went."""

    async def size_bytes(self) -> int:
        """Of everything that is kept."""
