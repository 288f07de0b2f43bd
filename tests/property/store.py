"""A store, and a program on it that can be restarted."""

import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Protocol

from dependency_injector import providers

from adapters.system.clock import SystemClock
from adapters.system.id_source import SystemIdSource
from entrypoints.container import Container, server_worker
from entrypoints.containers.store import memory_stores
from entrypoints.settings.settings import Settings
from ports.openable import Openable
from tests.contract.postgres import emptied
from tests.property.reader import Reader, SteppingReader
from tests.property.socket_reader import SocketReader
from tests.property.writers import StreamServer, Writer


class Store(Protocol):
    async def new(self) -> Mapping[str, object]:
        """An empty store; the container's arguments that lead to it."""


class MemoryStore:
    async def new(self) -> Mapping[str, object]:
        stores = memory_stores(clock=SystemClock(), ids=SystemIdSource(), lease_s=30.0)
        return {"stores": providers.Object(stores)}


class SqlStore:
    """For SQLite, `template` is a file with the newest schema: making one takes long."""

    def __init__(self, url: str, *, folder: Path, template: Path | None = None) -> None:
        self._url = url
        self._folder = folder
        self._template = template
        self._count = 0

    async def new(self) -> Mapping[str, object]:
        if self._template is None:
            return self._named(await emptied(self._url))
        self._count += 1
        file = self._folder / f"{self._count}.db"
        shutil.copyfile(self._template, file)
        return self._named(f"sqlite:///{file}")

    def _named(self, url: str) -> Mapping[str, object]:
        return {"settings": _settings(url, self._folder)}


class Program:
    """The objects of one process, without those that would do something by themselves."""

    def __init__(
        self, named: Mapping[str, object], folder: Path, *, writer: Writer | None
    ) -> None:
        settings = _settings("memory:", folder)
        defaults: dict[str, object] = {
            "settings": settings,
            "worker_settings": server_worker(settings, instance="test"),
        }
        self.container = Container(**{**defaults, **named})
        self._stack = AsyncExitStack()
        self._writer = writer
        self._server: StreamServer | None = None

    async def start(self) -> None:
        for part in (self.container.store.database(), self.container.store.event_log()):
            if isinstance(part, Openable):
                await self._stack.enter_async_context(part.opened())
        if self._writer is not None:
            server = StreamServer(self.container.streams.watches(), writer=self._writer)
            self._server = await self._stack.enter_async_context(server.opened())

    def reader(self) -> Reader:
        if self._server is None:
            return SteppingReader(self.container.streams.watches())
        return SocketReader(self._server)

    async def stop(self) -> None:
        await self._stack.aclose()


@cache
def _settings(url: str, folder: Path) -> Settings:
    return Settings(data_dir=folder, database_url=url, llm_provider="scripted")
