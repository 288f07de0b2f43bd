"""Puts the HTTP interface on top of the container's use cases."""

import asyncio
from importlib.metadata import version

from adapters.http.app import Application, Lifespan, http_app
from adapters.http.requests.caller import caller_by
from adapters.http.routers.agents import agents_router
from adapters.http.routers.approvals import approvals_router
from adapters.http.routers.extraction import extraction_router
from adapters.http.routers.operations import NotReady
from adapters.http.routers.pausing import pausing_router
from adapters.http.routers.session_events import session_events_router
from adapters.http.routers.session_forks import session_forks_router
from adapters.http.routers.session_messages import session_messages_router
from adapters.http.routers.sessions import sessions_router
from adapters.http.routers.stream_list import stream_listing_router
from adapters.http.routers.stream_stats import stream_stats_router
from adapters.http.routers.streams import streams_router
from adapters.http.routers.submit import submit_router
from adapters.http.routers.task_events import task_events_router
from adapters.http.routers.task_log import task_log_router
from adapters.http.routers.tasks import tasks_router
from adapters.http.routers.terminal import terminal_router
from adapters.http.routers.websocket import websocket_router
from adapters.http.streaming.event_answers import EventAnswers
from adapters.http.streaming.open_streams import OpenStreams
from adapters.http.streaming.streams import Streams
from application.recall.session_messages import SessionMessages
from application.recall.session_origins import SessionOrigins
from application.serving.pausing import Pausing
from application.serving.rule_trial import RuleTrial
from application.serving.sessions import SessionForks
from application.serving.task_terminals import TaskTerminals
from domain.errors import Unavailable
from domain.ids import SessionKey
from entrypoints.container import Container
from entrypoints.gauges import show_gauges

_STORE_PATIENCE_S = 2.0


def web_app(container: Container, *, lifespan: Lifespan | None = None) -> Application:
    """The ASGI application. What the container holds must be open while it serves."""
    settings = container.settings()
    coordinator = container.server_coordinator()
    sessions = container.sessions()
    watches = container.watches()
    caller = caller_by(container.authenticator())
    terminals = TaskTerminals(
        tasks=container.task_store(),
        terminals=container.live_terminals(),
        questions=container.open_questions(),
        runs=container.worker().runs,
        catalog=container.catalog(),
    )
    pausing = Pausing(
        tasks=container.task_store(),
        runs=container.worker().runs,
        catalog=container.catalog(),
        notifier=container.notifier(),
    )
    origins = SessionOrigins(sessions=container.session_store(), log=container.event_log())
    show_gauges(container)
    streams = Streams(
        watches=watches,
        coordinator=coordinator,
        takeover=container.stream_takeover(),
        ping_s=settings.stream_ping_s,
    )
    answers = EventAnswers(streams=streams, history=container.history())

    async def readiness() -> NotReady | None:
        if not coordinator.is_accepting:
            return "draining"
        if (trouble := container.storage_guard().trouble) is not None:
            return trouble.kind
        try:
            async with asyncio.timeout(_STORE_PATIENCE_S):
                await container.event_log().bounds(SessionKey(0))
        except (Unavailable, TimeoutError):
            return "store_unavailable"
        if container.process_host().deadline_watch == "failing":
            return "watchdog_unavailable"
        return None

    return http_app(
        routers=[
            streams_router(streams=streams, coordinator=coordinator, caller=caller),
            session_events_router(answers=answers, sessions=sessions, caller=caller),
            session_messages_router(
                messages=SessionMessages(
                    log=container.event_log(), codec=container.codec(), origins=origins
                ),
                sessions=sessions,
                caller=caller,
            ),
            task_events_router(answers=answers, coordinator=coordinator, caller=caller),
            task_log_router(
                archive=container.output_archive(), coordinator=coordinator, caller=caller
            ),
            submit_router(
                coordinator=coordinator, caller=caller, stream_submission=streams.of_submission
            ),
            tasks_router(coordinator=coordinator, pausing=pausing, caller=caller),
            pausing_router(pausing=pausing, caller=caller),
            terminal_router(
                terminals=terminals,
                caller=caller,
                cap=container.stream_cap(),
                ping_s=settings.stream_ping_s,
            ),
            approvals_router(approvals=container.approvals(), caller=caller),
            sessions_router(sessions=sessions, caller=caller),
            session_forks_router(
                forks=SessionForks(sessions=sessions, log=container.event_log()), caller=caller
            ),
            agents_router(agents=container.agents(), caller=caller),
            extraction_router(
                extraction=RuleTrial(matcher=container.pattern_matcher(), clock=container.clock()),
                caller=caller,
            ),
            stream_listing_router(
                streams=OpenStreams(watches=watches, flush=container.stream_flush()),
                caller=caller,
            ),
            stream_stats_router(watches=watches, meter=container.meter(), caller=caller),
            websocket_router(
                websockets=container.websockets(),
                watches=watches,
                coordinator=coordinator,
                approvals=container.approvals(),
                terminals=terminals,
                pausing=pausing,
                authenticator=container.authenticator(),
                cap=container.stream_cap(),
            ),
        ],
        version=version("agentcast"),
        clock=container.clock(),
        readiness=readiness,
        metrics=container.metrics_page,
        meter=container.meter(),
        lifespan=lifespan,
        allowed_hosts=settings.allowed_hosts,
        cors_origins=settings.cors_origins,
    )
