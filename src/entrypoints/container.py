"""Wires every port to its adapter; the only place that knows them all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from dependency_injector import containers, providers

from adapters.auth.local_authenticator import LocalAuthenticator
from adapters.llm.openai_model import OpenAIModel
from adapters.llm.scripted_model import ScriptedModel
from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_store import MemoryTaskStore
from adapters.memory.wakeups import MemoryWakeups
from adapters.metrics.prometheus_meter import PrometheusMeter
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.store.event_log import SqlEventLog
from adapters.store.open_database import open_database
from adapters.store.postgres_wakeups import PostgresWakeups
from adapters.store.session_store import SqlSessionStore
from adapters.store.task_store import SqlTaskStore
from adapters.system.clock import SystemClock
from adapters.system.fixed_agent_catalog import FixedAgentCatalog
from adapters.system.id_source import SystemIdSource
from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from adapters.tools.shell import ShellTool
from adapters.tools.write_file import WriteFileTool
from adapters.wire import JsonEventCodec
from adapters.workspace.folder_workspaces import FolderWorkspaces
from application.agent_coordinator import AgentCoordinator
from application.command_runner import CommandRunner
from application.cursor_shelf import CursorShelf
from application.event_broadcaster import EventBroadcaster
from application.history import History
from application.lost_tasks import LostTasks
from application.react_runner import ReactRunner
from application.server_coordinator import ServerCoordinator
from application.sessions import Sessions
from application.stream_sources import StreamSources
from application.tail_follower import TailFollower
from application.tails import Tails
from application.watches import Watches
from application.worker import Worker
from application.worker_settings import WorkerSettings
from entrypoints.choices import language_model_kind, openai_settings, profiles, store_kind
from entrypoints.settings import Settings
from ports.agent_catalog import AgentCatalog
from ports.authenticator import Authenticator
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.id_source import IdSource
from ports.language_model import LanguageModel
from ports.meter import Meter
from ports.openable import Openable
from ports.process import ProcessHost
from ports.runner import Runner
from ports.session_store import SessionStore
from ports.task_store import TaskStore
from ports.tool import Tool
from ports.wakeups import Wakeups
from ports.workspaces import Workspaces


class Container(containers.DeclarativeContainer):
    """`Container(settings=…, worker_settings=…)`; any other provider may be named as well."""

    settings: providers.Provider[Settings] = providers.Dependency(instance_of=Settings)
    worker_settings: providers.Provider[WorkerSettings] = providers.Dependency(
        instance_of=WorkerSettings
    )
