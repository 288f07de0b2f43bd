"""A client as a property sees it: it opens a stream, reads some frames, goes away."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from application.stream_request import Start, StreamRequest
from application.stream_steps import BEHIND, IDLE, Connected, CursorMoved, End, Events, Reset, Step
from application.watch import Watch
from application.watches import Watches
from domain.ids import SessionId
from domain.principal import LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    kind: Literal["connected", "reset", "event", "cursor", "end"]
    id: str | None = None
    seq: int = 0
    """Of an event its own, of a cursor the one it has passed, of a reset the first that follows."""


class Reader(Protocol):
    """One for each way in which frames can reach a client."""

    async def open(self, session: str, start: Start) -> None: ...

    async def read(self, at_most: int | None) -> Sequence[Frame]:
        """So many frames or a few more; None: all that there are now. Never waits for new ones."""

    async def close(self) -> None: ...


class MakeReader(Protocol):
    def __call__(self, watches: Watches) -> Reader: ...


class SteppingReader:
    """Takes the steps of a watch itself, with no writer in between."""

    def __init__(self, watches: Watches) -> None:
        self._watches = watches
        self._watch: Watch | None = None

    async def open(self, session: str, start: Start) -> None:
        request = StreamRequest(session_ids=(SessionId(session),), start=start)
        self._watch = await self._watches.open(LOCAL, request)

    async def read(self, at_most: int | None) -> Sequence[Frame]:
        frames: list[Frame] = []
        while self._watch is not None and (at_most is None or len(frames) < at_most):
            step = self._watch.step()
            if step == IDLE:
                break
            if step == BEHIND:
                await self._watch.read()
                continue
            frames += frames_of(step)
            if isinstance(step, End):
                await self.close()
        return frames

    async def close(self) -> None:
        if self._watch is not None:
            self._watches.close(self._watch)
            self._watch = None


def frames_of(step: Step) -> list[Frame]:
    match step:
        case Connected():
            return [Frame(kind="connected")]
        case Reset(first_seq=first_seq):
            assert first_seq is not None
            return [Frame(kind="reset", seq=first_seq)]
        case CursorMoved(cursor=cursor):
            return [Frame(kind="cursor", id=cursor, seq=int(cursor.partition("-")[0]))]
        case Events(frames=frames):
            return [_event(text) for text in frames.decode().split("\n\n")[:-1]]
        case End():
            return [Frame(kind="end")]
        case _:
            raise AssertionError(f"{step} is nothing to write")


def _event(text: str) -> Frame:
    fields = dict(line.split(": ", 1) for line in text.split("\n"))
    data = json.loads(fields["data"])
    assert data["event_type"] == fields["event"]
    assert str(data["seq"]) == fields["id"].partition("-")[0]
    return Frame(kind="event", id=fields["id"], seq=data["seq"])
