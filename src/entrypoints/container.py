"""Wires every port to its adapter; the only place that knows them all."""

from collections.abc import Sequence
from typing import Self

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import (
    Callable,
    Dependency,
    Dict,
    List,
    Object,
    Provider,
    Singleton,
)

from adapters.auth.local_authenticator import LocalAuthenticator
from adapters.http.streaming.flush import StreamFlush
from adapters.http.streaming.reactor import Reactor
from adapters.http.streaming.takeover import StreamTakeover
from adapters.http.websocket.open_websockets import WebSockets
from adapters.mcp.mcp_tool_source import McpToolSource
from adapters.metrics.prometheus_meter import PrometheusMeter, exposition, new_registry
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from adapters.system.id_source import SystemIdSource
from adapters.system.path_program_finder import PathProgramFinder
from adapters.system.stored_agent_catalog import StoredAgentCatalog
from application.casting.commit_notifier import CommitNotifier
from application.casting.event_broadcaster import EventBroadcaster
from application.casting.event_dispatch import EventDispatch
from application.running.agent_coordinator import AgentCoordinator
from application.running.lost_tasks import LostTasks
from application.running.worker import Worker
from application.running.worker_settings import WorkerSettings
from application.serving.agents import Agents
from application.serving.server_coordinator import ServerCoordinator
from application.serving.sessions import Sessions
from application.upkeep.retention import Retention
from application.upkeep.storage_guard import StorageGuard
from application.watching.stream_sources import StreamSources
from application.watching.tail_follower import TailFollower
from application.watching.watches import Watches
from domain.events import EventListener
from entrypoints import agent_runners, asking, casting, choices, folders, server_secrets
from entrypoints import stores as store
from entrypoints.chosen_model import chosen_model
from entrypoints.data_directory import DataDirectory
from entrypoints.settings import Settings
from entrypoints.stores import TOGETHER, Stores, chosen_stores, require_one_database
from entrypoints.workspace_tools import workspace_tools
from ports.agent_catalog import AgentCatalog
from ports.agent_threads import AgentThreads
from ports.approval_store import ApprovalStore
from ports.authenticator import Authenticator
from ports.clock import Clock
from ports.cursor_store import CursorStore
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.event_retention import EventRetention
from ports.homes import Homes
from ports.id_source import IdSource
from ports.language_model import LanguageModel
from ports.meter import Meter
from ports.output_archive import OutputArchive
from ports.pattern_matcher import PatternMatcher
from ports.process import ProcessHost
from ports.profile_store import ProfileStore
from ports.program_finder import ProgramFinder
from ports.question_store import QuestionStore
from ports.runner import Runner
from ports.secrets import Secrets
from ports.session_store import SessionStore
from ports.storage import Storage
from ports.task_store import TaskStore
from ports.tool import Tool
from ports.tool_source import ToolSource
from ports.wakeups import Wakeups
from ports.workspace_retention import WorkspaceRetention
from ports.workspaces import Workspaces


class Container(DeclarativeContainer):
    """`Container(settings=…, worker_settings=…)`; every other provider may be named as well.

    Parts of the store that go together are swapped at once, as `stores`. Raises MixedStores.
    """

    def __new__(cls, **swaps: object) -> Self:
        container = super().__new__(cls, **swaps)
        if not swaps.keys().isdisjoint(("stores", *TOGETHER)):
            require_one_database({name: container.providers[name]() for name in TOGETHER})
        return container

    settings: Provider[Settings] = Dependency(instance_of=Settings)
    worker_settings: Provider[WorkerSettings] = Dependency(instance_of=WorkerSettings)
    is_sole_parent: Provider[bool] = Object(False)
    """Whether other children in sessions of their own were left by commands of this process."""
    data_directory = Singleton(DataDirectory, settings.provided.data_dir)
    clock: Provider[Clock] = Singleton(SystemClock)
    ids: Provider[IdSource] = Singleton(SystemIdSource)
    codec: Provider[EventCodec] = Singleton(casting.codec)
    metrics_registry = Singleton(new_registry)
    metrics_page = Callable(exposition, metrics_registry)
    meter: Provider[Meter] = Singleton(PrometheusMeter, metrics_registry)
    secrets: Provider[Secrets] = Singleton(server_secrets.secrets, settings)
    authenticator: Provider[Authenticator] = Singleton(LocalAuthenticator)
    workspaces: Provider[Workspaces] = Singleton(folders.workspaces, settings)
    homes: Provider[Homes] = Singleton(folders.homes, data_directory)
    workspace_retention: Provider[WorkspaceRetention] = Singleton(
        folders.workspace_retention, data_directory
    )
    output_archive: Provider[OutputArchive] = Singleton(folders.output_archive, data_directory)
    stores: Provider[Stores] = Singleton(chosen_stores, settings, clock=clock, ids=ids)
    database = Callable(store.database_of, stores)
    storage: Provider[Storage] = Callable(store.storage_of, stores)
    event_log: Provider[EventLog] = Callable(store.event_log_of, stores)
    task_store: Provider[TaskStore] = Callable(store.task_store_of, stores)
    task_leases = Callable(store.task_leases_of, stores)
    task_feed = Callable(store.task_feed_of, stores)
    session_store: Provider[SessionStore] = Callable(store.session_store_of, stores)
    event_retention: Provider[EventRetention] = Callable(store.event_retention_of, stores)
    cursor_store: Provider[CursorStore] = Callable(store.cursor_store_of, stores)
    approval_store: Provider[ApprovalStore] = Callable(store.approval_store_of, stores)
    question_store: Provider[QuestionStore] = Callable(store.question_store_of, stores)
    profile_store: Provider[ProfileStore] = Callable(store.profile_store_of, stores)
    agent_threads: Provider[AgentThreads] = Callable(store.agent_threads_of, stores)
    wakeups: Provider[Wakeups] = Callable(store.wakeups_of, stores)
    process_host: Provider[ProcessHost] = Singleton(
        LinuxProcessHost,
        hidden_folders=List(settings.provided.data_dir.as_posix.call()),
        secret_files=Callable(folders.secret_files, settings),
        is_sole_parent=is_sole_parent,
        max_file_bytes=Callable(folders.workspace_max_bytes, settings),
    )
    language_model: Provider[LanguageModel] = Singleton(chosen_model, settings)
    tools: Provider[Sequence[Tool]] = Singleton(workspace_tools, process_host, settings)
    tool_source: Provider[ToolSource] = Singleton(McpToolSource, process_host)
    prior_answers = Singleton(asking.prior_answers, approval_store, question_store)
    session_memory = Singleton(
        agent_runners.session_memory, event_log, codec, session_store, prior_answers
    )
    react_runner: Provider[Runner] = Singleton(
        agent_runners.react_runner,
        settings,
        model=language_model,
        tools=tools,
        further_tools=tool_source,
        memory=session_memory,
        clock=clock,
        ids=ids,
    )
    pattern_matcher: Provider[PatternMatcher] = Singleton(choices.pattern_matcher)
    live_terminals = Singleton(choices.live_terminals)
    command_runner: Provider[Runner] = Singleton(
        agent_runners.command_runner,
        process_host=process_host,
        homes=homes,
        archive=output_archive,
        terminals=live_terminals,
        matcher=pattern_matcher,
        clock=clock,
    )
    acp_runner: Provider[Runner] = Singleton(
        agent_runners.acp_runner, process_host, homes, output_archive, live_terminals, clock
    )
    runners = Dict(
        dict.fromkeys(choices.PROGRAM_KINDS, command_runner),
        react=Singleton(agent_runners.extracting, react_runner, pattern_matcher),
        acp=Singleton(agent_runners.extracting, acp_runner, pattern_matcher),
    )
    profiles = Callable(choices.profiles, settings, kinds=runners)
    catalog: Provider[AgentCatalog] = Singleton(
        StoredAgentCatalog,
        profiles,
        default=Callable(choices.default_agent, settings, profiles),
        store=profile_store,
    )
    storage_guard = Singleton(StorageGuard, storage=storage, clock=clock)
    program_finder: Provider[ProgramFinder] = Singleton(PathProgramFinder)
    agents = Singleton(
        Agents,
        store=profile_store,
        catalog=catalog,
        tasks=task_store,
        programs=program_finder,
        matcher=pattern_matcher,
        workspaces=workspaces,
        storage=storage_guard,
        kinds=runners,
        parsers=Callable(choices.parser_names),
    )
    tails = Singleton(casting.tails, event_log, session_store, task_feed)
    tail_follower = Singleton(TailFollower, tails=tails, wakeups=wakeups)
    notifier = Singleton(CommitNotifier, tails=tails, wakeups=wakeups, clock=clock)
    listeners: Provider[list[EventListener]] = List()
    event_dispatch = Singleton(
        EventDispatch,
        notifier=notifier,
        log=event_log,
        codec=codec,
        meter=meter,
        listeners=listeners,
    )
    event_broadcaster = Singleton(
        EventBroadcaster,
        log=event_log,
        codec=codec,
        dispatch=event_dispatch,
        storage=storage_guard,
        clock=clock,
        ids=ids,
        meter=meter,
    )
    approvals = Singleton(asking.approvals, approval_store, notifier)
    open_questions = Singleton(asking.open_questions, question_store, wakeups, notifier)
    agent_coordinator = Singleton(
        AgentCoordinator,
        runners=Callable(agent_runners.bounded, runners, workspaces),
        output_max_bytes=Callable(choices.output_max_bytes, settings),
        catalog=catalog,
        workspaces=workspaces,
        approvals=Singleton(asking.approval_gate, settings, approval_store, wakeups, ids),
        questions=open_questions,
        threads=agent_threads,
        memory=session_memory,
        secrets=secrets,
        archive=output_archive,
        programs=choices.PROGRAM_KINDS,
        clock=clock,
    )
    lost_tasks = Singleton(
        LostTasks,
        leases=task_leases,
        approvals=approval_store,
        broadcaster=event_broadcaster,
        catalog=catalog,
        processes=process_host,
    )
    worker = Singleton(
        Worker,
        settings=worker_settings,
        leases=task_leases,
        agents=agent_coordinator,
        broadcaster=event_broadcaster,
        lost=lost_tasks,
        storage=storage_guard,
        clock=clock,
        meter=meter,
        processes=process_host,
    )
    server_coordinator = Singleton(
        ServerCoordinator,
        matcher=pattern_matcher,
        workspaces=workspaces,
        tasks=task_store,
        broadcaster=event_broadcaster,
        worker=worker,
        tails=tails,
        wakeups=wakeups,
        notifier=notifier,
        catalog=catalog,
        clock=clock,
        ids=ids,
        meter=meter,
    )
    sessions = Singleton(Sessions, store=session_store, worker=worker, notifier=notifier, ids=ids)
    stream_sources = Singleton(
        StreamSources,
        log=event_log,
        tails=tails,
        tasks=task_store,
        feed=task_feed,
        sessions=session_store,
        catalog=catalog,
        clock=clock,
        shelf=Singleton(casting.cursor_handles, cursor_store, clock),
    )
    stream_cap = Singleton(choices.stream_cap, settings)
    watches = Singleton(Watches, sources=stream_sources, codec=codec, meter=meter, cap=stream_cap)
    stream_flush = Singleton(StreamFlush, watches=watches, ping_s=settings.provided.stream_ping_s)
    stream_takeover = Singleton(StreamTakeover, flush=stream_flush, reactor=Singleton(Reactor))
    websockets = Singleton(WebSockets)
    loop_lag = Singleton(casting.loop_lag, clock, meter)
    history = Singleton(casting.history, event_log)
    compaction = Singleton(casting.compaction, event_log, codec, event_retention, output_archive)
    retention = Singleton(
        Retention,
        policy=Callable(choices.retention_policy, settings),
        events=event_retention,
        workspaces=workspace_retention,
        archive=output_archive,
        sessions=session_store,
        compaction=compaction,
        storage=storage_guard,
        clock=clock,
        is_on=worker_settings.provided.takes_any,
    )
