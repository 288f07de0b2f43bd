"""HTTP: the writers of streams, the routers in the order of their matching, the application."""

from importlib.metadata import version

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, List, Provider, Singleton

from adapters.http.app import Application, http_app
from adapters.http.requests.caller import caller_by
from adapters.http.routers.agents import agents_router, extraction_router
from adapters.http.routers.approvals import approvals_router
from adapters.http.routers.sessions import (
    session_forks_router,
    session_messages_router,
    sessions_router,
)
from adapters.http.routers.streams import session_events_router, streams_router, task_events_router
from adapters.http.routers.submit import submit_router
from adapters.http.routers.task_log import task_log_router
from adapters.http.routers.tasks import pausing_router, tasks_router
from adapters.http.routers.terminal import terminal_router
from adapters.http.routers.watchers import stream_listing_router, stream_stats_router
from adapters.http.routers.websocket import websocket_router
from adapters.http.streaming.flush import StreamFlush
from adapters.http.streaming.history import EventAnswers
from adapters.http.streaming.open_streams import OpenStreams
from adapters.http.streaming.reactor import Reactor
from adapters.http.streaming.streams import Streams
from adapters.http.streaming.takeover import StreamTakeover
from adapters.http.websocket.connection import WebSockets
from entrypoints.containers.agents import AgentsContainer
from entrypoints.containers.nesting import needed
from entrypoints.containers.server import ServerContainer
from entrypoints.containers.store import StoreContainer
from entrypoints.containers.streams import StreamsContainer
from entrypoints.settings.settings import Settings
from ports.authenticator import Authenticator
from ports.clock import Clock
from ports.meter import Meter


class HttpContainer(DeclarativeContainer):
    """A router that is added to `routers` answers under both prefixes, like all of them."""

    settings: Provider[Settings] = Dependency()
    clock: Provider[Clock] = Dependency()
    meter: Provider[Meter] = Dependency()
    metrics_page: Provider[tuple[bytes, str]] = Dependency()
    authenticator: Provider[Authenticator] = Dependency()
    store: StoreContainer = needed(StoreContainer)
    agents: AgentsContainer = needed(AgentsContainer)
    streams: StreamsContainer = needed(StreamsContainer)
    server: ServerContainer = needed(ServerContainer)

    stream_flush = Singleton(
        StreamFlush, watches=streams.watches, ping_s=settings.provided.stream_ping_s
    )
    stream_takeover = Singleton(StreamTakeover, flush=stream_flush, reactor=Singleton(Reactor))
    websockets = Singleton(WebSockets)
    caller = Singleton(caller_by, authenticator)
    stream_answers = Singleton(
        Streams,
        watches=streams.watches,
        coordinator=server.coordinator,
        takeover=stream_takeover,
        ping_s=settings.provided.stream_ping_s,
    )
    event_answers = Singleton(EventAnswers, streams=stream_answers, history=streams.history)

    routers = List(
        Singleton(
            streams_router,
            streams=stream_answers,
            coordinator=server.coordinator,
            caller=caller,
        ),
        Singleton(
            session_events_router, answers=event_answers, sessions=server.sessions, caller=caller
        ),
        Singleton(
            session_messages_router,
            messages=server.session_messages,
            sessions=server.sessions,
            caller=caller,
        ),
        Singleton(
            task_events_router,
            answers=event_answers,
            coordinator=server.coordinator,
            caller=caller,
        ),
        Singleton(
            task_log_router,
            archive=store.output_archive,
            coordinator=server.coordinator,
            caller=caller,
        ),
        Singleton(
            submit_router,
            coordinator=server.coordinator,
            caller=caller,
            stream_submission=stream_answers.provided.of_submission,
        ),
        Singleton(
            tasks_router,
            coordinator=server.coordinator,
            pausing=server.pausing,
            caller=caller,
        ),
        Singleton(pausing_router, pausing=server.pausing, caller=caller),
        Singleton(
            terminal_router,
            terminals=server.task_terminals,
            caller=caller,
            cap=streams.stream_cap,
            ping_s=settings.provided.stream_ping_s,
        ),
        Singleton(approvals_router, approvals=server.approvals, caller=caller),
        Singleton(sessions_router, sessions=server.sessions, caller=caller),
        Singleton(session_forks_router, forks=server.session_forks, caller=caller),
        Singleton(agents_router, agents=server.known_agents, caller=caller),
        Singleton(extraction_router, extraction=server.rule_trial, caller=caller),
        Singleton(
            stream_listing_router,
            streams=Singleton(OpenStreams, watches=streams.watches, flush=stream_flush),
            caller=caller,
        ),
        Singleton(stream_stats_router, watches=streams.watches, meter=meter, caller=caller),
        Singleton(
            websocket_router,
            websockets=websockets,
            watches=streams.watches,
            coordinator=server.coordinator,
            approvals=server.approvals,
            terminals=server.task_terminals,
            pausing=server.pausing,
            authenticator=authenticator,
            cap=streams.stream_cap,
        ),
    )
    application: Provider[Application] = Singleton(
        http_app,
        routers=routers,
        version=Callable(version, "agentcast"),
        clock=clock,
        readiness=server.readiness.provided.trouble,
        metrics=metrics_page.provider,
        meter=meter,
        allowed_hosts=settings.provided.allowed_hosts,
        cors_origins=settings.provided.cors_origins,
    )
