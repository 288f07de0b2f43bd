"""Empties the streamed pieces of texts that are stored whole as well, once their task has ended."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from domain.events import AgentEvent
from domain.task_events import Error
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta
from domain.tool_events import ToolCallComplete, ToolCallStream
from ports.event_codec import EventCodec
from ports.event_log import EventLog, StoredEvent
from ports.event_retention import EndedTask, EventRetention
from ports.output_archive import OutputArchive

_STEP_EVENTS = 500
_PAUSE_S = 0.01  # between two steps; their size alone bounds how long an append waits
_TASKS_AT_ONCE = 100
_PARTS_AND_WHOLES = frozenset(
    {
        "think_delta",
        "think_complete",
        "message_delta",
        "message",
        "tool_call_stream",
        "tool_call_complete",
        "error",
    }
)


class Compaction:
    def __init__(
        self,
        *,
        log: EventLog,
        codec: EventCodec,
        retention: EventRetention,
        archive: OutputArchive,
    ) -> None:
        self._log = log
        self._codec = codec
        self._retention = retention
        self._archive = archive

    async def compact_before(self, ended_before: datetime) -> int:
        """Compacts the tasks that ended before that time; returns how many."""
        total = 0
        while tasks := await self._retention.to_compact(
            ended_before=ended_before, limit=_TASKS_AT_ONCE
        ):
            for task in tasks:
                await self._compact(task)
            total += len(tasks)
        return total

    async def _compact(self, task: EndedTask) -> None:
        pieces, after = Pieces(), task.first_seq - 1
        while after < task.last_seq:
            most = min(_STEP_EVENTS, task.last_seq - after)
            events = await self._log.read(task.session_key, after=after, limit=most)
            spare: list[int] = []
            for seq, event in self._texts_of(task, events):
                ended = pieces.take(seq, event)
                if ended is not None and await self._is_kept(task, ended):
                    spare += ended.text.seqs
            for begin in range(0, len(spare), _STEP_EVENTS):
                await self._retention.empty(task, spare[begin : begin + _STEP_EVENTS])
                await asyncio.sleep(_PAUSE_S)
            after = events[-1].seq if events else task.last_seq
        await self._retention.mark_compacted(task)

    async def _is_kept(self, task: EndedTask, ended: "Ended") -> bool:
        """The output of a call is also kept if the archive has it: the pieces are its beginning."""
        if ended.is_whole or ended.call_id is None:
            return ended.is_whole
        return await ended.text.begins(self._archive.read(task.task_id, call_id=ended.call_id))

    def _texts_of(
        self, task: EndedTask, events: Sequence[StoredEvent]
    ) -> Iterator[tuple[int, AgentEvent]]:
        for stored in events:
            is_its = stored.task_id == task.task_id and stored.seq <= task.last_seq
            if is_its and stored.event_type in _PARTS_AND_WHOLES and stored.body:
                yield stored.seq, self._codec.decode(stored)


class Text:
    """The pieces of one text so far; hashed, as it may be long."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.size = 0
        self._hash = sha256()

    def add(self, seq: int, text: str) -> None:
        piece = text.encode()
        self.seqs.append(seq)
        self.size += len(piece)
        self._hash.update(piece)

    def is_one_of(self, wholes: Collection[str | None]) -> bool:
        digest = self._hash.digest()
        return any(sha256(whole.encode()).digest() == digest for whole in wholes if whole)

    async def begins(self, kept: AsyncGenerator[bytes]) -> bool:
        """Whether the kept output begins with this text."""
        found, left = sha256(), self.size
        async with aclosing(kept):
            async for piece in kept:
                found.update(piece[:left])
                left -= len(piece[:left])
                if not left:
                    break
        return not left and found.digest() == self._hash.digest()


@dataclass(frozen=True, slots=True)
class Ended:
    """A completed text; `is_whole` if the event that completed it holds all of it."""

    text: Text
    is_whole: bool
    call_id: str | None = None


class Pieces:
    """Collects the pieces of each text from a task's events, which come in order.

    A text that was cut, dropped, restarted or redacted differently does not equal its pieces.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Text] = {}

    def take(self, seq: int, event: AgentEvent) -> Ended | None:
        """The text that this event completes, if it came in pieces."""
        match event:
            case ThinkDelta(iteration=iteration, text=text):
                self._add(("think", str(iteration)), seq, text)
            case MessageDelta(message_id=message_id, text=text):
                self._add(("message", message_id), seq, text)
            case ToolCallStream(call_id=call_id, chunk=text):
                self._add(("call", call_id), seq, text)
            case ThinkComplete(iteration=iteration, reasoning=reasoning, content=content):
                return self._end(("think", str(iteration)), reasoning, content)
            case Message(message_id=message_id, content=content):
                return self._end(("message", message_id), content)
            case ToolCallComplete(call_id=call_id, result=result, error=error):
                ended = self._end(("call", call_id), result, error)
                return replace(ended, call_id=call_id) if ended else None
            case Error(phase="model"):
                self._drop_thoughts()
            case _:
                pass
        return None

    def _add(self, key: tuple[str, str], seq: int, text: str) -> None:
        self._open.setdefault(key, Text()).add(seq, text)

    def _end(self, key: tuple[str, str], *wholes: str | None) -> Ended | None:
        text = self._open.pop(key, None)
        return None if text is None else Ended(text, is_whole=text.is_one_of(wholes))

    def _drop_thoughts(self) -> None:
        """After a failed call the model is asked again, and thinks another text."""
        for key in [key for key in self._open if key[0] == "think"]:
            del self._open[key]
