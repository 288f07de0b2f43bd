"""The whole program: its containers, and the order in which their parts are opened."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from secrets import token_hex
from typing import Self

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Object, Provider, Singleton
from dependency_injector.providers import Container as Nested

from adapters.auth.local_authenticator import LocalAuthenticator
from adapters.http.answers.links import call_output_path
from adapters.metrics.prometheus_meter import PrometheusMeter, exposition, new_registry
from adapters.system.clock import SystemClock
from adapters.system.environment_secrets import EnvironmentSecrets
from adapters.system.id_source import SystemIdSource
from adapters.wire import JsonEventCodec
from application.running.worker_settings import WorkerSettings
from domain.ids import WorkerId
from entrypoints.containers.agents import AgentsContainer
from entrypoints.containers.http import HttpContainer
from entrypoints.containers.nesting import part
from entrypoints.containers.server import ServerContainer
from entrypoints.containers.store import ON_ONE_DATABASE, StoreContainer, require_one_store
from entrypoints.containers.streams import StreamsContainer
from entrypoints.settings.data_directory import DataDirectory
from entrypoints.settings.settings import Settings
from ports.authenticator import Authenticator
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.id_source import IdSource
from ports.meter import Meter
from ports.openable import Openable
from ports.secrets import Secrets


def _parts(
    container: DeclarativeContainer | type[DeclarativeContainer],
) -> list[DeclarativeContainer]:
    return [it.container for it in container.providers.values() if isinstance(it, Nested)]


class Container(DeclarativeContainer):
    """Made by `Container(settings=…, worker_settings=…)`. Any other provider, of this or of a nested
    container, can be overridden by its name: `language_model=…` overrides that of `agents`.

    Stores that share a database are overridden together, as `stores`. Raises MixedStores, and
    AttributeError for an unknown name.
    """

    def __new__(cls, **swaps: object) -> Self:
        nested = {
            name: swap
            for name, swap in swaps.items()
            if name not in cls.providers and any(name in part.providers for part in _parts(cls))
        }
        container = super().__new__(
            cls, **{name: swap for name, swap in swaps.items() if name not in nested}
        )
        for it in _parts(container):
            it.override_providers(**{name: nested[name] for name in nested & it.providers.keys()})
        if not swaps.keys().isdisjoint(("store", "stores", *ON_ONE_DATABASE)):
            require_one_store(container.store)
        return container

    settings: Provider[Settings] = Dependency(instance_of=Settings)
    worker_settings: Provider[WorkerSettings] = Dependency(instance_of=WorkerSettings)
    is_sole_parent: Provider[bool] = Object(False)
    """Whether this process starts nothing but commands in sessions of their own; see ChildReaper."""
    data_directory = Singleton(DataDirectory, settings.provided.data_dir)

    clock: Provider[Clock] = Singleton(SystemClock)
    ids: Provider[IdSource] = Singleton(SystemIdSource)
    codec: Provider[EventCodec] = Singleton(JsonEventCodec, call_output_path)
    metrics_registry = Singleton(new_registry)
    metrics_page = Callable(exposition, metrics_registry)
    meter: Provider[Meter] = Singleton(PrometheusMeter, metrics_registry)
    secrets: Provider[Secrets] = Singleton(EnvironmentSecrets, settings.provided.own_secrets)
    authenticator: Provider[Authenticator] = Singleton(LocalAuthenticator)

    store: StoreContainer = part(
        StoreContainer, settings=settings, data_directory=data_directory, clock=clock, ids=ids
    )
    agents: AgentsContainer = part(
        AgentsContainer,
        settings=settings,
        data_directory=data_directory,
        is_sole_parent=is_sole_parent,
        clock=clock,
        ids=ids,
        codec=codec,
        store=store,
    )
    streams: StreamsContainer = part(
        StreamsContainer,
        settings=settings,
        clock=clock,
        ids=ids,
        codec=codec,
        meter=meter,
        store=store,
        agents=agents,
    )
    server: ServerContainer = part(
        ServerContainer,
        settings=settings,
        worker_settings=worker_settings,
        clock=clock,
        ids=ids,
        codec=codec,
        meter=meter,
        secrets=secrets,
        store=store,
        agents=agents,
        streams=streams,
    )
    http: HttpContainer = part(
        HttpContainer,
        settings=settings,
        clock=clock,
        meter=meter,
        metrics_page=metrics_page,
        authenticator=authenticator,
        store=store,
        agents=agents,
        streams=streams,
        server=server,
    )


@asynccontextmanager
async def opened(container: Container) -> AsyncIterator[None]:
    """Open what must be opened, in order, and close it in reverse. Raises MixedStores."""
    require_one_store(container.store)
    _register_gauges(container)
    parts: list[object] = [
        container.store.database(),
        container.store.event_log(),
        container.store.storage_guard(),
        container.store.wakeups(),
        container.agents.process_host(),
        container.agents.language_model(),
        container.server.known_agents(),
        container.streams.event_broadcaster(),
        container.streams.tail_follower(),
        container.server.retention(),
        container.server.coordinator(),
        container.http.stream_takeover(),
        container.server.loop_lag(),
    ]
    async with AsyncExitStack() as stack:
        for part in parts:
            if isinstance(part, Openable):
                await stack.enter_async_context(part.opened())
        yield


def _register_gauges(container: Container) -> None:
    """The meter reads the gauges whenever its metrics are requested."""
    meter, watches = container.meter(), container.streams.watches()
    flush, runs = container.http.stream_flush(), container.server.worker().runs
    dispatch = container.streams.event_dispatch()
    meter.show("watchers", lambda: watches.counts().watchers)
    meter.show("watchers_parked", lambda: flush.parked)
    meter.show("streams_portable", lambda: len(watches.streams()) - len(flush.channels()))
    meter.show("streams_taken_over", lambda: len(flush.channels()))
    meter.show("tasks_running", lambda: len(runs))
    meter.show("listener_backlog", lambda: dispatch.backlog)


def server_worker(settings: Settings, *, instance: str) -> WorkerSettings:
    """Takes any task, and replaces the server that owned the data directory before."""
    return _worker(settings, name=instance, instance=instance, takes_any=True)


def lone_worker(settings: Settings) -> WorkerSettings:
    """Carries out only what is submitted in its own process."""
    return _worker(settings, name="cli", instance=None, takes_any=False)


def _worker(
    settings: Settings, *, name: str, instance: str | None, takes_any: bool
) -> WorkerSettings:
    return WorkerSettings(
        worker_id=WorkerId(f"{name}.{token_hex(8)}"),
        instance=instance,
        takes_any=takes_any,
        concurrency=settings.worker_concurrency,
        lease_s=settings.lease_s,
        heartbeat_s=settings.heartbeat_s,
        shutdown_s=settings.shutdown_s,
    )
