"""Reads an event stream as strictly as the wire is promised, unlike any real client."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
import httpx2

Json = dict[str, object]
WAIT_S = 10.0  # sooner than a ping, which would hide that nobody was woken


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    event: str
    data: Json
    id: str | None = None


@dataclass(slots=True)
class SseParser:
    """Raises AssertionError for anything but whole frames of ASCII lines that end in LF."""

    retry_ms: list[int] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    _rest: bytes = b""
    _fields: dict[str, str] = field(default_factory=dict)

    def feed(self, data: bytes) -> list[Frame]:
        assert data.isascii() and b"\r" not in data and b"\0" not in data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [frame for line in lines if (frame := self._line(line.decode()))]

    @property
    def is_between_frames(self) -> bool:
        return not self._rest and not self._fields

    def _line(self, line: str) -> Frame | None:
        if not line:
            return self._frame()
        name, colon, value = line.partition(": ")
        assert colon, f"no field: {line!r}"
        if name == "":
            self.comments.append(value)
        else:
            assert name in {"id", "event", "data", "retry"}, f"unknown field: {line!r}"
            assert name not in self._fields, f"a field given twice: {line!r}"
            self._fields[name] = value
        return None

    def _frame(self) -> Frame:
        fields, self._fields = self._fields, {}
        assert {"event", "data"} <= fields.keys(), f"an empty event: {fields}"
        if "retry" in fields:
            self.retry_ms.append(int(fields["retry"]))
        data = json.loads(fields["data"], parse_constant=_refuse)
        return Frame(event=fields["event"], data=data, id=fields.get("id"))


def _refuse(constant: str) -> None:
    raise AssertionError(f"not JSON: {constant}")


class SseStream:
    """One connection; leaving its context cuts it, wherever it is."""

    def __init__(self, response: httpx2.Response, *, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self.status = response.status_code
        self.headers = response.headers
        self.seen: list[Frame] = []
        self.parser = SseParser()
        self._chunks: AsyncIterator[bytes] = response.aiter_raw()
        self._waiting: list[Frame] = []

    @property
    def last_id(self) -> str | None:
        """What a client would resume with."""
        return next((frame.id for frame in reversed(self.seen) if frame.id), None)

    async def next(self) -> Frame | None:
        """The next frame; None when the server has ended the stream."""
        with anyio.fail_after(self._wait_s):
            while not self._waiting:
                try:
                    self._waiting = self.parser.feed(await anext(self._chunks))
                except StopAsyncIteration:
                    assert self.parser.is_between_frames
                    return None
        frame = self._waiting.pop(0)
        self.seen.append(frame)
        return frame

    async def take(self, count: int) -> list[Frame]:
        return [await self._expect() for _ in range(count)]

    async def until(self, event: str, **fields: object) -> list[Frame]:
        """The frames up to the first of this type that has these fields."""
        frames = [await self._expect()]
        while frames[-1].event != event or not fields.items() <= frames[-1].data.items():
            frames.append(await self._expect())
        return frames

    async def to_end(self) -> list[Frame]:
        """The frames that are left, up to the end of the stream."""
        frames: list[Frame] = []
        while frame := await self.next():
            frames.append(frame)
        return frames

    async def comment(self) -> str:
        """The next comment, when nothing else is expected."""
        had = len(self.parser.comments)
        with anyio.fail_after(self._wait_s):
            while len(self.parser.comments) == had:
                self._waiting += self.parser.feed(await anext(self._chunks))
        return self.parser.comments[had]

    async def _expect(self) -> Frame:
        frame = await self.next()
        assert frame is not None, f"the stream ended after {self.seen[-3:]}"
        return frame
