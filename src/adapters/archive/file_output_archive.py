"""The output of each task in a folder of its own, in files that only the server's user can read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from adapters.archive.buffered_writes import BufferedWrites, Held
from adapters.archive.task_output import Part, TaskOutput
from adapters.system.uninterrupted import uninterrupted
from domain.ids import TaskId

MAX_BYTES = 64 * 1024 * 1024
"""Of one task; beyond it the older half of its output is removed. Output kept apart has as much."""

_APART = "calls"


class FileOutputArchive:
    """One process may write, several may read."""

    def __init__(self, *, root: Path, max_bytes: int = MAX_BYTES) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._open: dict[TaskId, _Open] = {}

    @asynccontextmanager
    async def writing(self, task_id: TaskId) -> AsyncIterator[BufferedWrites]:
        """Writers of one task at the same time share one buffer, which the last one ends."""
        while (shared := self._open.get(task_id)) is not None and shared.users == 0:
            await shared.has_ended.wait()
        if shared is None:
            shared = self._open[task_id] = _Open(BufferedWrites(self._output(task_id).append))
        shared.users += 1
        try:
            yield shared.writer
        finally:
            shared.users -= 1
            if shared.users:
                await uninterrupted(shared.writer.flush())
            elif shared.writer.is_unused:  # as of most short tasks
                self._close(task_id)
            else:
                await uninterrupted(self._end(task_id))

    async def read(self, task_id: TaskId, *, call_id: str | None = None) -> AsyncGenerator[bytes]:
        await self._flush(task_id)
        output = await asyncio.to_thread(self._output(task_id).of, call_id)
        pieces = output.pieces(call_id)
        try:
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece
        finally:
            with suppress(ValueError):  # a thread still reads for a caller that was cancelled
                pieces.close()

    async def has_call(self, task_id: TaskId, call_id: str) -> bool:
        await self._flush(task_id)
        return await asyncio.to_thread(self._output(task_id).has_call, call_id)

    async def has_beginning(self, task_id: TaskId, *, call_id: str | None = None) -> bool:
        return await asyncio.to_thread(self._output(task_id).has_beginning, call_id)

    async def kept_bytes(self, task_id: TaskId, *, call_id: str | None = None) -> int:
        await self._flush(task_id)
        return await asyncio.to_thread(self._output(task_id).size, call_id)

    async def forget(self, tasks: Collection[TaskId]) -> int:
        return await asyncio.to_thread(self._remove, [self._output(each) for each in tasks])

    async def forget_before(self, at: datetime) -> int:
        return await asyncio.to_thread(self._remove_before, at.timestamp())

    async def size_bytes(self) -> int:
        return await asyncio.to_thread(self._size)

    async def _flush(self, task_id: TaskId) -> None:
        if shared := self._open.get(task_id):
            await shared.writer.flush()

    async def _end(self, task_id: TaskId) -> None:
        await self._open[task_id].writer.end()
        self._close(task_id)

    def _close(self, task_id: TaskId) -> None:
        self._open.pop(task_id).has_ended.set()

    def _output(self, task_id: TaskId) -> "_Outputs":
        return _Outputs(self._root / _folder_name(task_id), self._max_bytes)

    def _all(self) -> list["_Outputs"]:
        try:
            folders = list(self._root.iterdir())
        except FileNotFoundError:
            return []
        return [_Outputs(folder, self._max_bytes) for folder in folders]

    def _remove(self, outputs: Iterable["_Outputs"]) -> int:
        return sum(output.remove() for output in outputs if not self._is_written(output))

    def _remove_before(self, at: float) -> int:
        return self._remove(output for output in self._all() if output.changed_at() < at)

    def _is_written(self, output: "_Outputs") -> bool:
        return TaskId(unquote(output.folder.name)) in self._open

    def _size(self) -> int:
        return sum(output.disk_bytes() for output in self._all())


@dataclass(slots=True)
class _Open:
    writer: BufferedWrites
    users: int = 0
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)


class _Outputs:
    """The output of one task, and the texts of its calls that are kept apart."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self._whole = TaskOutput(folder, max_bytes=max_bytes)
        self._apart = TaskOutput(folder / _APART, max_bytes=max_bytes)

    def append(self, held: Held) -> None:
        for output, is_apart in ((self._whole, False), (self._apart, True)):
            parts: list[Part] = [
                (source, "".join(texts).encode(errors="replace"))
                for (source, apart), texts in held.items()
                if apart == is_apart
            ]
            if parts:
                output.append(parts)

    def of(self, call_id: str | None) -> TaskOutput:
        is_apart = call_id is not None and not self._whole.has_call(call_id)
        return self._apart if is_apart else self._whole

    def has_call(self, call_id: str) -> bool:
        return self._whole.has_call(call_id) or self._apart.has_call(call_id)

    def has_beginning(self, call_id: str | None) -> bool:
        return self.of(call_id).has_beginning(call_id)

    def size(self, call_id: str | None) -> int:
        return self.of(call_id).size(call_id)

    def disk_bytes(self) -> int:
        return self._whole.disk_bytes() + self._apart.disk_bytes()

    def changed_at(self) -> float:
        return max(self._whole.changed_at(), self._apart.changed_at())

    def remove(self) -> int:
        return self._apart.remove() + self._whole.remove()


def _folder_name(task_id: TaskId) -> str:
    """Whatever characters the id has, the folder is directly in the root."""
    return quote(task_id, safe="").replace(".", "%2E") or "%"
