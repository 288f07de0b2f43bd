"""Keeps the output of each task in a folder of its own, in files that only their owner can read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from adapters.archive.gathered_writes import GatheredWrites
from adapters.archive.task_output import TaskOutput
from adapters.system.uninterrupted import uninterrupted
from domain.ids import TaskId

MAX_BYTES = 64 * 1024 * 1024
"""Of one task, above which the older half of its output goes."""


class FileOutputArchive:
    """For one process that writes and several that read."""

    def __init__(self, *, root: Path, max_bytes: int = MAX_BYTES) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._writers: dict[TaskId, GatheredWrites] = {}

    @asynccontextmanager
    async def writing(self, task_id: TaskId) -> AsyncIterator[GatheredWrites]:
        """One writer at a time for each task."""
        writer = self._writers[task_id] = GatheredWrites(self._output(task_id).append)
        flushing = asyncio.create_task(writer.keep_flushing())
        try:
            yield writer
        finally:
            flushing.cancel()
            await uninterrupted(_ended(writer, flushing))
            if self._writers.get(task_id) is writer:
                del self._writers[task_id]

    async def read(self, task_id: TaskId) -> AsyncGenerator[bytes]:
        if writer := self._writers.get(task_id):
            await writer.flush()
        pieces = self._output(task_id).pieces()
        try:
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece
        finally:
            with suppress(ValueError):  # a thread still reads for one who was cancelled
                pieces.close()

    async def has_beginning(self, task_id: TaskId) -> bool:
        return await asyncio.to_thread(self._output(task_id).has_beginning)

    async def kept_bytes(self, task_id: TaskId) -> int:
        if writer := self._writers.get(task_id):
            await writer.flush()
        return await asyncio.to_thread(self._output(task_id).size)

    async def forget(self, tasks: Collection[TaskId]) -> int:
        return await asyncio.to_thread(self._remove, [self._output(each) for each in tasks])

    async def forget_before(self, at: datetime) -> int:
        return await asyncio.to_thread(self._remove_before, at.timestamp())

    async def size_bytes(self) -> int:
        return await asyncio.to_thread(self._size)

    def _output(self, task_id: TaskId) -> TaskOutput:
        return TaskOutput(self._root / _folder_name(task_id), max_bytes=self._max_bytes)

    def _all(self) -> list[TaskOutput]:
        try:
            folders = list(self._root.iterdir())
        except FileNotFoundError:
            return []
        return [TaskOutput(folder, max_bytes=self._max_bytes) for folder in folders]

    def _remove(self, outputs: Iterable[TaskOutput]) -> int:
        return sum(output.remove() for output in outputs if not self._is_written(output))

    def _remove_before(self, at: float) -> int:
        return self._remove(output for output in self._all() if output.changed_at() < at)

    def _is_written(self, output: TaskOutput) -> bool:
        return TaskId(unquote(output.folder.name)) in self._writers

    def _size(self) -> int:
        return sum(output.size() for output in self._all())


def _folder_name(task_id: TaskId) -> str:
    """Whatever the id holds, the folder lies in the root."""
    return quote(task_id, safe="").replace(".", "%2E") or "%"


async def _ended(writer: GatheredWrites, flushing: asyncio.Task[None]) -> None:
    with suppress(asyncio.CancelledError):
        await flushing
    await writer.flush()
