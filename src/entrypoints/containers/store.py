"""The stores: those on one database (in memory, SQLite or PostgreSQL), and those in files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, List, Provider, Singleton

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.memory.agents import MemoryAgentThreads, MemoryProfileStore
from adapters.memory.asking import MemoryApprovalStore, MemoryQuestionStore
from adapters.memory.cursor_store import MemoryCursorStore
from adapters.memory.database import MemoryDatabase, MemoryStorage
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.event_retention import MemoryEventRetention
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_feed import MemoryTaskFeed
from adapters.memory.task_leases import MemoryTaskLeases
from adapters.memory.task_store import MemoryTaskStore
from adapters.memory.wakeups import MemoryWakeups
from adapters.store.agents.agent_threads import SqlAgentThreads
from adapters.store.agents.profile_store import SqlProfileStore
from adapters.store.asking.approval_store import SqlApprovalStore
from adapters.store.asking.question_store import SqlQuestionStore
from adapters.store.log.cursor_store import SqlCursorStore
from adapters.store.log.event_log import SqlEventLog
from adapters.store.open_database import driver_of, open_database, open_wakeups
from adapters.store.retention.event_retention import SqlEventRetention
from adapters.store.sessions.session_store import SqlSessionStore
from adapters.store.sqlite.disk_storage import DiskStorage, Reserve
from adapters.store.sqlite.engine import sqlite_path
from adapters.store.tasks.task_feed import SqlTaskFeed
from adapters.store.tasks.task_leases import SqlTaskLeases
from adapters.store.tasks.task_store import SqlTaskStore
from adapters.workspace.folder_workspace_retention import FolderWorkspaceRetention
from application.upkeep.storage_guard import StorageGuard
from entrypoints.settings.data_directory import DataDirectory
from entrypoints.settings.settings import Settings, SettingsError
from ports.agent_threads import AgentThreads
from ports.approval_store import ApprovalStore
from ports.clock import Clock
from ports.cursor_store import CursorStore
from ports.event_log import EventLog
from ports.event_retention import EventRetention
from ports.id_source import IdSource
from ports.output_archive import OutputArchive
from ports.profile_store import ProfileStore
from ports.question_store import QuestionStore
from ports.session_store import SessionStore
from ports.storage import Storage
from ports.task_feed import TaskFeed
from ports.task_leases import TaskLeases
from ports.task_store import TaskStore
from ports.wakeups import Wakeups
from ports.workspace_retention import WorkspaceRetention

StoreKind = Literal["sqlite", "postgres", "memory"]

ON_ONE_DATABASE = (
    "database",
    "event_log",
    "task_store",
    "task_leases",
    "task_feed",
    "session_store",
    "event_retention",
    "approval_store",
    "question_store",
    "agent_threads",
)
"""The stores that share rows, and so a database; any other store may be overridden by itself."""


class MixedStores(ValueError):
    """Stores that share rows are on different databases: their tasks would never end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    database: object
    storage: Storage
    event_log: EventLog
    task_store: TaskStore
    task_leases: TaskLeases
    task_feed: TaskFeed
    session_store: SessionStore
    event_retention: EventRetention
    cursor_store: CursorStore
    approval_store: ApprovalStore
    question_store: QuestionStore
    profile_store: ProfileStore
    agent_threads: AgentThreads
    wakeups: Wakeups


def chosen_stores(settings: Settings, *, clock: Clock, ids: IdSource) -> Stores:
    """Nothing is touched before the database's `opened()` is entered."""
    if store_kind(settings) == "memory":
        return memory_stores(clock=clock, ids=ids, lease_s=settings.lease_s)
    return sql_stores(
        settings.store_url,
        data_dir=settings.data_dir,
        clock=clock,
        ids=ids,
        lease_s=settings.lease_s,
    )


def memory_stores(*, clock: Clock, ids: IdSource, lease_s: float) -> Stores:
    database = MemoryDatabase(clock)
    return Stores(
        database=database,
        storage=MemoryStorage(),
        event_log=MemoryEventLog(database),
        task_store=MemoryTaskStore(database, lease_s=lease_s),
        task_leases=MemoryTaskLeases(database, ids=ids),
        task_feed=MemoryTaskFeed(database),
        session_store=MemorySessionStore(database),
        event_retention=MemoryEventRetention(database),
        cursor_store=MemoryCursorStore(clock),
        approval_store=MemoryApprovalStore(database),
        question_store=MemoryQuestionStore(database),
        profile_store=MemoryProfileStore(),
        agent_threads=MemoryAgentThreads(database),
        wakeups=MemoryWakeups(),
    )


def sql_stores(url: str, *, data_dir: Path, clock: Clock, ids: IdSource, lease_s: float) -> Stores:
    """The reserve is on the disk of the database if that is a file, else on that of `data_dir`."""
    is_local = driver_of(url) == "sqlite"
    folder = sqlite_path(url).parent if is_local else data_dir
    reserve = Reserve(folder)
    database = open_database(url, marker=data_dir / "database", reserve=reserve)
    return Stores(
        storage=DiskStorage(folders=(data_dir, folder), reserve=reserve, database=database),
        database=database,
        event_log=SqlEventLog(database),
        task_store=SqlTaskStore(database, lease_s=lease_s),
        task_leases=SqlTaskLeases(database, ids=ids),
        task_feed=SqlTaskFeed(database),
        session_store=SqlSessionStore(database),
        event_retention=SqlEventRetention(database),
        cursor_store=SqlCursorStore(database),
        approval_store=SqlApprovalStore(database, clock=clock if is_local else None),
        question_store=SqlQuestionStore(database),
        profile_store=SqlProfileStore(database),
        agent_threads=SqlAgentThreads(database),
        wakeups=open_wakeups(url) if driver_of(url) == "postgresql" else MemoryWakeups(),
    )


@runtime_checkable
class OnDatabase(Protocol):
    """A store that shows on which database it is."""

    @property
    def database(self) -> object: ...


def require_one_database(parts: Mapping[str, object]) -> None:
    """`parts` are the stores of ON_ONE_DATABASE by their names. Raises MixedStores."""
    database = parts["database"]
    others = [
        name
        for name in ON_ONE_DATABASE[1:]
        if not (isinstance(part := parts[name], OnDatabase) and part.database is database)
    ]
    if others:
        raise MixedStores(
            f"{', '.join(others)}: not on the database of the other parts. {', '.join(ON_ONE_DATABASE)}"
            " go together: swap `stores`, which is all of them, or make the part over the same"
            " database (its attribute `database` shows which)"
        )


class StoreContainer(DeclarativeContainer):
    """The stores of ON_ONE_DATABASE are overridden together, as `stores`."""

    settings: Provider[Settings] = Dependency()
    data_directory: Provider[DataDirectory] = Dependency()
    clock: Provider[Clock] = Dependency()
    ids: Provider[IdSource] = Dependency()

    stores: Provider[Stores] = Singleton(chosen_stores, settings, clock=clock, ids=ids)
    database: Provider[object] = stores.provided.database
    storage: Provider[Storage] = stores.provided.storage
    event_log: Provider[EventLog] = stores.provided.event_log
    task_store: Provider[TaskStore] = stores.provided.task_store
    task_leases: Provider[TaskLeases] = stores.provided.task_leases
    task_feed: Provider[TaskFeed] = stores.provided.task_feed
    session_store: Provider[SessionStore] = stores.provided.session_store
    event_retention: Provider[EventRetention] = stores.provided.event_retention
    cursor_store: Provider[CursorStore] = stores.provided.cursor_store
    approval_store: Provider[ApprovalStore] = stores.provided.approval_store
    question_store: Provider[QuestionStore] = stores.provided.question_store
    profile_store: Provider[ProfileStore] = stores.provided.profile_store
    agent_threads: Provider[AgentThreads] = stores.provided.agent_threads
    wakeups: Provider[Wakeups] = stores.provided.wakeups

    storage_guard = Singleton(StorageGuard, storage=storage, clock=clock)
    output_archive: Provider[OutputArchive] = Singleton(
        FileOutputArchive, root=data_directory.provided.output
    )
    workspace_retention: Provider[WorkspaceRetention] = Singleton(
        FolderWorkspaceRetention,
        roots=List(data_directory.provided.workspaces, data_directory.provided.homes),
    )


def require_one_store(store: StoreContainer) -> None:
    """Raises MixedStores if stores of ON_ONE_DATABASE are on different databases."""
    require_one_database({name: store.providers[name]() for name in ON_ONE_DATABASE})


def store_kind(settings: Settings) -> StoreKind:
    """By the scheme of the database's URL."""
    scheme = settings.store_url.partition(":")[0].partition("+")[0]
    match scheme:
        case "sqlite":
            return "sqlite"
        case "postgresql" | "postgres":
            return "postgres"
        case "memory":
            return "memory"
        case _:
            raise SettingsError(
                f"AGENTCAST_DATABASE_URL: {scheme!r} is no database for Agentcast; "
                "use sqlite:///path or postgresql://…"
            )
