"""The client of the properties: it opens a stream, reads some frames, disconnects."""

import json
from collections.abc import AsyncIterator
from typing import Protocol

from adapters.http.streaming.frames import event_frames
from application.watching.stream_request import Start, StreamRequest
from application.watching.stream_steps import (
    BEHIND,
    IDLE,
    Connected,
    CursorMoved,
    End,
    Events,
    Reset,
    Step,
)
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.ids import SessionId
from domain.principal import LOCAL
from tests.property.frame import Frame


class Reader(Protocol):
    """One for each way in which frames can reach a client."""

    async def open(self, session: str, start: Start) -> None: ...

    def frames(self) -> AsyncIterator[Frame]:
        """Those that there are now; never waits for new ones."""

    async def next(self) -> Frame:
        """One that must come."""

    async def close(self) -> None: ...


class SteppingReader:
    """Takes the steps of a watch itself, with no writer in between."""

    def __init__(self, watches: Watches) -> None:
        self._watches = watches
        self._watch: Watch | None = None
        self._waiting: list[Frame] = []

    async def open(self, session: str, start: Start) -> None:
        request = StreamRequest(session_ids=(SessionId(session),), start=start)
        self._watch = await self._watches.open(LOCAL, request)

    async def frames(self) -> AsyncIterator[Frame]:
        while self._waiting or await self._has_stepped():
            if self._waiting:
                yield self._waiting.pop(0)

    async def next(self) -> Frame:
        async for frame in self.frames():
            return frame
        raise AssertionError("it rests, and owes more")

    async def close(self) -> None:
        if self._watch is not None:
            self._watches.close(self._watch)
            self._watch = None

    async def _has_stepped(self) -> bool:
        if self._watch is None or (step := self._watch.step()) == IDLE:
            return False
        if step == BEHIND:
            await self._watch.read()
            return True
        self._waiting += frames_of(step)
        if isinstance(step, End):
            await self.close()
        return True


def frames_of(step: Step) -> list[Frame]:
    match step:
        case Connected(cursor=cursor):
            return [Frame(kind="connected", id=cursor, seq=seq_of(cursor))]
        case Reset(first_seq=first_seq, cursor=cursor):
            assert first_seq is not None
            return [Frame(kind="reset", id=cursor, seq=first_seq)]
        case CursorMoved(cursor=cursor):
            return [Frame(kind="cursor", id=cursor, seq=seq_of(cursor))]
        case Events():
            return [_event(text) for text in event_frames(step).decode().split("\n\n")[:-1]]
        case End():
            return [Frame(kind="end")]
        case _:
            raise AssertionError(f"{step} is nothing to write")


def seq_of(cursor: str) -> int:
    return int(cursor.partition("-")[0])


def _event(text: str) -> Frame:
    fields = dict(line.split(": ", 1) for line in text.split("\n"))
    data = json.loads(fields["data"])
    assert data["event_type"] == fields["event"]
    assert str(data["seq"]) == fields["id"].partition("-")[0]
    return Frame(kind="event", id=fields["id"], seq=data["seq"])
