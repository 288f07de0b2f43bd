"""Third-party SSE clients, each run as a program that prints the events it gets."""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from domain.events import EVENT_CLASSES
from tests.e2e.sse_reader import Json

_PROGRAMS = "tests.e2e.clients.programs"
_TYPES = ",".join([*EVENT_CLASSES, "connected", "reset", "cursor", "end"])
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An event as the client's library delivered it."""

    id: str
    event: str
    data: Json


@dataclass(slots=True)
class ClientProgram:
    name: str
    seen: list[Seen] = field(default_factory=list)
    _news: anyio.Event = field(default_factory=anyio.Event, init=False)
    _has_ended: bool = field(default=False, init=False)
    _process: Process | None = field(default=None, init=False)

    @asynccontextmanager
    async def following(self, url: str) -> AsyncIterator[None]:
        """It is killed if it has not ended by itself."""
        command = [*_runner(self.name), url, _TYPES]
        async with (
            await anyio.open_process(
                command, stderr=None, cwd=_ROOT, env=_environment()
            ) as process,
            anyio.create_task_group() as group,
        ):
            self._process = process
            group.start_soon(self._read, process)
            yield
            group.cancel_scope.cancel()
            if process.returncode is None:
                process.kill()

    async def has_seen(self, **fields: object) -> None:
        """Waits for an event with these fields."""
        while not any(fields.items() <= one.data.items() for one in self.seen):
            assert not self._has_ended, f"{self.name} ended after {self.seen[-2:]}"
            self._news = anyio.Event()
            await self._news.wait()

    async def exit_code(self) -> int:
        """Waits for it to end by itself."""
        assert self._process is not None
        return await self._process.wait()

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        rest = ""
        async for text in TextReceiveStream(process.stdout):
            *lines, rest = (rest + text).split("\n")
            self.seen += [Seen(**json.loads(line)) for line in lines]
            self._news.set()
        self._has_ended = True
        self._news.set()


def _runner(name: str) -> list[str]:
    stem, _, kind = name.partition(".")
    if kind == "py":
        return [sys.executable, "-m", f"{_PROGRAMS}.{stem}"]
    return ["node" if kind == "mjs" else "sh", str(_ROOT / _PROGRAMS.replace(".", "/") / name)]


def _environment() -> dict[str, str]:
    """Without the machine's proxies, which no loopback address is behind."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
