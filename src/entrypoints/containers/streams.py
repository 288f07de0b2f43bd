"""The path of an event: into the log, and from there to listeners and watchers."""

import resource
import sys

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, List, Provider, Singleton

from adapters.http.streaming.frames import event_frame
from application.casting.commit_notifier import CommitNotifier
from application.casting.event_broadcaster import EventBroadcaster
from application.casting.event_dispatch import EventDispatch
from application.cursors.cursor_snapshots import CursorSnapshots
from application.watching.history import History
from application.watching.stream_cap import StreamCap
from application.watching.stream_sources import StreamSources
from application.watching.tail_follower import TailFollower
from application.watching.tails import Tails
from application.watching.watches import Watches
from domain.events import EventListener
from entrypoints.containers.agents import AgentsContainer
from entrypoints.containers.nesting import needed
from entrypoints.containers.store import StoreContainer
from entrypoints.settings.settings import Settings
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.id_source import IdSource
from ports.meter import Meter


def most_streams(settings: Settings) -> int:
    """Leaves descriptors for requests, the store and the processes of agents."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        descriptors = sys.maxsize
    return settings.max_streams or max(1, descriptors * 4 // 5)


class StreamsContainer(DeclarativeContainer):
    """A listener that is added to `listeners` gets the events that this process writes."""

    settings: Provider[Settings] = Dependency()
    clock: Provider[Clock] = Dependency()
    ids: Provider[IdSource] = Dependency()
    codec: Provider[EventCodec] = Dependency()
    meter: Provider[Meter] = Dependency()
    store: StoreContainer = needed(StoreContainer)
    agents: AgentsContainer = needed(AgentsContainer)

    tails = Singleton(
        Tails,
        log=store.event_log,
        sessions=store.session_store,
        feed=store.task_feed,
        render=event_frame,
    )
    tail_follower = Singleton(TailFollower, tails=tails, wakeups=store.wakeups)
    notifier = Singleton(CommitNotifier, tails=tails, wakeups=store.wakeups, clock=clock)
    listeners: Provider[list[EventListener]] = List()
    event_dispatch = Singleton(
        EventDispatch,
        notifier=notifier,
        log=store.event_log,
        codec=codec,
        meter=meter,
        listeners=listeners,
    )
    event_broadcaster = Singleton(
        EventBroadcaster,
        log=store.event_log,
        codec=codec,
        dispatch=event_dispatch,
        storage=store.storage_guard,
        clock=clock,
        ids=ids,
        meter=meter,
    )

    stream_sources = Singleton(
        StreamSources,
        log=store.event_log,
        tails=tails,
        tasks=store.task_store,
        feed=store.task_feed,
        sessions=store.session_store,
        catalog=agents.catalog,
        clock=clock,
        snapshots=Singleton(CursorSnapshots, store=store.cursor_store, clock=clock),
    )
    stream_cap = Singleton(
        StreamCap,
        most=Callable(most_streams, settings),
        most_each=settings.provided.max_streams_each,
    )
    watches = Singleton(Watches, sources=stream_sources, codec=codec, meter=meter, cap=stream_cap)
    history = Singleton(History, log=store.event_log)
