"""Wires every port to its adapter; the only place that knows them all."""

from dependency_injector import containers, providers

from adapters.system.clock import SystemClock
from adapters.system.id_source import SystemIdSource
from adapters.wire import JsonEventCodec
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.id_source import IdSource


class Container(containers.DeclarativeContainer):
    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    ids: providers.Provider[IdSource] = providers.Singleton(SystemIdSource)
    codec: providers.Provider[EventCodec] = providers.Singleton(JsonEventCodec)
