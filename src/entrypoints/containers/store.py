"""What is kept: the database with its parts, and the files beside it."""

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, List, Provider, Singleton

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.workspace.folder_workspace_retention import FolderWorkspaceRetention
from application.upkeep.storage_guard import StorageGuard
from entrypoints.data_directory import DataDirectory
from entrypoints.settings import Settings
from entrypoints.stores import TOGETHER, Stores, chosen_stores, require_one_database
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


class StoreContainer(DeclarativeContainer):
    """Those parts that are on one database are swapped at once, as `stores`."""

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
    """Raises MixedStores if parts that go together are on different databases."""
    require_one_database({name: store.providers[name]() for name in TOGETHER})
