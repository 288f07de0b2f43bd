"""The use cases of a server: tasks, sessions, agents, approvals and retention."""

from datetime import timedelta

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Provider, Singleton

from adapters.queue.leased_task_queue import LeasedTaskQueue
from application.asking.approval_gate import ApprovalGate
from application.asking.approvals import Approvals
from application.asking.questions import OpenQuestions
from application.recall.session_messages import SessionMessages
from application.running.agent_coordinator import AgentCoordinator
from application.running.lost_tasks import LostTasks
from application.running.worker import Worker
from application.running.worker_settings import WorkerSettings
from application.serving.agents import Agents
from application.serving.pausing import Pausing
from application.serving.readiness import Readiness
from application.serving.rule_trial import RuleTrial
from application.serving.server_coordinator import ServerCoordinator
from application.serving.sessions import SessionForks, Sessions
from application.serving.submit_task import NewTasks
from application.serving.task_terminals import TaskTerminals
from application.upkeep.compaction import Compaction
from application.upkeep.loop_lag import LoopLag
from application.upkeep.retention import Retention, RetentionPolicy
from entrypoints.containers.agents import AgentsContainer
from entrypoints.containers.nesting import needed
from entrypoints.containers.store import StoreContainer
from entrypoints.containers.streams import StreamsContainer
from entrypoints.settings import configured_agents
from entrypoints.settings.settings import Settings
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.id_source import IdSource
from ports.meter import Meter
from ports.secrets import Secrets
from ports.task_queue import TaskQueue


def retention_policy(settings: Settings) -> RetentionPolicy:
    days = settings.retention_days
    return RetentionPolicy(
        kept_for=None if days is None else timedelta(days=days),
        max_bytes=settings.data_max_bytes,
    )


def _output_limit(settings: Settings) -> int | None:
    return settings.output_max_bytes or None


class ServerContainer(DeclarativeContainer):
    """What HTTP and the command line call, and the background work of a server."""

    settings: Provider[Settings] = Dependency()
    worker_settings: Provider[WorkerSettings] = Dependency()
    clock: Provider[Clock] = Dependency()
    ids: Provider[IdSource] = Dependency()
    codec: Provider[EventCodec] = Dependency()
    meter: Provider[Meter] = Dependency()
    secrets: Provider[Secrets] = Dependency()
    store: StoreContainer = needed(StoreContainer)
    agents: AgentsContainer = needed(AgentsContainer)
    streams: StreamsContainer = needed(StreamsContainer)

    approvals = Singleton(Approvals, store=store.approval_store, notifier=streams.notifier)
    open_questions = Singleton(
        OpenQuestions,
        store=store.question_store,
        wakeups=store.wakeups,
        notifier=streams.notifier,
    )
    agent_coordinator = Singleton(
        AgentCoordinator,
        runners=agents.bounded_runners,
        output_max_bytes=Callable(_output_limit, settings),
        catalog=agents.catalog,
        workspaces=agents.workspaces,
        approvals=Singleton(
            ApprovalGate,
            store=store.approval_store,
            wakeups=store.wakeups,
            ids=ids,
            expires_s=settings.provided.approval_s,
        ),
        questions=open_questions,
        threads=store.agent_threads,
        memory=agents.session_memory,
        secrets=secrets,
        archive=store.output_archive,
        programs=configured_agents.PROGRAM_KINDS,
        clock=clock,
    )
    task_queue: Provider[TaskQueue] = Singleton(
        LeasedTaskQueue,
        leases=store.task_leases,
        worker_id=worker_settings.provided.worker_id,
        instance=worker_settings.provided.instance,
        takes_any=worker_settings.provided.takes_any,
        lease_s=worker_settings.provided.lease_s,
        heartbeat_s=worker_settings.provided.heartbeat_s,
        clock=clock,
        with_reserve=store.storage_guard.provided.with_reserve,
    )
    lost_tasks = Singleton(
        LostTasks,
        queue=task_queue,
        approvals=store.approval_store,
        broadcaster=streams.event_broadcaster,
        catalog=agents.catalog,
        processes=agents.process_host,
    )
    worker = Singleton(
        Worker,
        settings=worker_settings,
        queue=task_queue,
        lost=lost_tasks,
        storage=store.storage_guard,
        clock=clock,
        meter=meter,
        processes=agents.process_host,
    )
    new_tasks = Singleton(
        NewTasks,
        catalog=agents.catalog,
        workspaces=agents.workspaces,
        matcher=agents.pattern_matcher,
        clock=clock,
        ids=ids,
    )
    coordinator = Singleton(
        ServerCoordinator,
        tasks=store.task_store,
        new_tasks=new_tasks,
        agents=agent_coordinator,
        broadcaster=streams.event_broadcaster,
        worker=worker,
        tails=streams.tails,
        wakeups=store.wakeups,
        notifier=streams.notifier,
        catalog=agents.catalog,
        meter=meter,
    )
    readiness = Singleton(
        Readiness,
        coordinator=coordinator,
        storage=store.storage_guard,
        log=store.event_log,
        processes=agents.process_host,
    )

    pausing = Singleton(
        Pausing,
        tasks=store.task_store,
        runs=worker.provided.runs,
        catalog=agents.catalog,
        notifier=streams.notifier,
    )
    task_terminals = Singleton(
        TaskTerminals,
        tasks=store.task_store,
        terminals=agents.live_terminals,
        questions=open_questions,
        runs=worker.provided.runs,
        catalog=agents.catalog,
    )
    sessions = Singleton(
        Sessions, store=store.session_store, worker=worker, notifier=streams.notifier, ids=ids
    )
    session_forks = Singleton(SessionForks, sessions=sessions, log=store.event_log)
    session_messages = Singleton(
        SessionMessages, log=store.event_log, codec=codec, origins=agents.session_origins
    )
    known_agents = Singleton(
        Agents,
        store=store.profile_store,
        catalog=agents.catalog,
        tasks=store.task_store,
        programs=agents.program_finder,
        matcher=agents.pattern_matcher,
        workspaces=agents.workspaces,
        storage=store.storage_guard,
        kinds=agents.runners,
        parsers=Callable(configured_agents.parser_names),
    )
    rule_trial = Singleton(RuleTrial, matcher=agents.pattern_matcher, clock=clock)

    compaction = Singleton(
        Compaction,
        log=store.event_log,
        codec=codec,
        retention=store.event_retention,
        archive=store.output_archive,
    )
    retention = Singleton(
        Retention,
        policy=Callable(retention_policy, settings),
        events=store.event_retention,
        workspaces=store.workspace_retention,
        archive=store.output_archive,
        sessions=store.session_store,
        compaction=compaction,
        storage=store.storage_guard,
        clock=clock,
        is_on=worker_settings.provided.takes_any,
    )
    loop_lag = Singleton(LoopLag, clock=clock, meter=meter)
