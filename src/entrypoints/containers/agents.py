"""The agents: their catalog, the runner of each kind, and what runners need."""

import random
from collections.abc import Mapping, Sequence

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Dict, List, Provider, Singleton

from adapters.acp.acp_runner import AcpRunner
from adapters.cli_agents.claude_dialogue import CliDialogues
from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from adapters.mcp.mcp_tool_source import McpToolSource
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.path_program_finder import PathProgramFinder
from adapters.system.stored_agent_catalog import StoredAgentCatalog
from adapters.terminal.pyte_screens import PyteScreens
from adapters.tools.ask_user import AskUserTool
from adapters.tools.edit_file import EditFileTool
from adapters.tools.fetch_url import FetchUrlTool
from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from adapters.tools.shell import ShellTool
from adapters.tools.update_plan import UpdatePlanTool
from adapters.tools.write_file import WriteFileTool
from adapters.workspace.folder_homes import FolderHomes
from adapters.workspace.folder_workspaces import FolderWorkspaces
from application.programs.command_runner import CommandRunner
from application.programs.extracting_runner import ExtractingRunner
from application.programs.live_terminals import LiveTerminals
from application.programs.setup_command import SetupCommand
from application.programs.supervision import Supervision
from application.programs.usage_sampling import UsageSampling
from application.react.retry import Retry
from application.react.runner import ReactRunner
from application.recall.prior_answers import PriorAnswers
from application.recall.session_memory import SessionMemory
from application.recall.session_origins import SessionOrigins
from application.running.bounded_runner import BoundedRunner
from entrypoints.containers.nesting import needed
from entrypoints.containers.store import StoreContainer
from entrypoints.settings import configured_agents
from entrypoints.settings.chosen_model import chosen_model, prices_of
from entrypoints.settings.data_directory import (
    DataDirectory,
    folder_check,
    max_workspace_bytes,
    secret_files,
)
from entrypoints.settings.settings import Settings
from ports.agent_catalog import AgentCatalog
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.homes import Homes
from ports.id_source import IdSource
from ports.language_model import LanguageModel
from ports.pattern_matcher import PatternMatcher
from ports.process import ProcessHost
from ports.program_finder import ProgramFinder
from ports.runner import Runner
from ports.tool import Tool
from ports.tool_source import ToolSource
from ports.workspaces import Workspaces


def _workspace_tools(process_host: ProcessHost, *, fetches: bool) -> Sequence[Tool]:
    return [
        ShellTool(process_host=process_host),
        ReadFileTool(),
        WriteFileTool(),
        EditFileTool(),
        ListDirectoryTool(),
        SearchFilesTool(),
        UpdatePlanTool(),
        AskUserTool(),
        FetchUrlTool(by_default=fetches),
    ]


def _bounded(runners: Mapping[str, Runner], workspaces: Workspaces) -> Mapping[str, Runner]:
    return {kind: BoundedRunner(runner, workspaces=workspaces) for kind, runner in runners.items()}


class AgentsContainer(DeclarativeContainer):
    """To add a kind of agent, add its runner to `runners` by the name of the kind."""

    settings: Provider[Settings] = Dependency()
    data_directory: Provider[DataDirectory] = Dependency()
    is_sole_parent: Provider[bool] = Dependency()
    clock: Provider[Clock] = Dependency()
    ids: Provider[IdSource] = Dependency()
    codec: Provider[EventCodec] = Dependency()
    store: StoreContainer = needed(StoreContainer)

    workspace_max_bytes = Callable(max_workspace_bytes, settings)
    workspaces: Provider[Workspaces] = Singleton(
        FolderWorkspaces,
        root=data_directory.provided.workspaces,
        fixed=settings.provided.workspace,
        check=Callable(folder_check, settings),
        max_bytes=workspace_max_bytes.provider,
    )
    homes: Provider[Homes] = Singleton(FolderHomes, root=data_directory.provided.homes)
    process_host: Provider[ProcessHost] = Singleton(
        LinuxProcessHost,
        hidden_folders=List(settings.provided.data_dir.as_posix.call()),
        secret_files=Callable(secret_files, settings),
        is_sole_parent=is_sole_parent,
        max_file_bytes=workspace_max_bytes,
    )
    program_finder: Provider[ProgramFinder] = Singleton(PathProgramFinder)
    language_model: Provider[LanguageModel] = Singleton(chosen_model, settings)
    tools: Provider[Sequence[Tool]] = Singleton(
        _workspace_tools, process_host, fetches=settings.provided.fetch_url
    )
    tool_source: Provider[ToolSource] = Singleton(McpToolSource, process_host)
    pattern_matcher: Provider[PatternMatcher] = Singleton(RegexPatternMatcher)
    live_terminals = Singleton(LiveTerminals, screens=Singleton(PyteScreens))

    session_origins = Singleton(SessionOrigins, sessions=store.session_store, log=store.event_log)
    prior_answers = Singleton(
        PriorAnswers, approvals=store.approval_store, questions=store.question_store
    )
    session_memory = Singleton(
        SessionMemory,
        log=store.event_log,
        codec=codec,
        origins=session_origins,
        answers=prior_answers,
    )

    react_runner: Provider[Runner] = Singleton(
        ReactRunner,
        model=language_model,
        tools=tools,
        further_tools=tool_source,
        memory=session_memory,
        clock=clock,
        ids=ids,
        retry=Singleton(Retry, spread=random.random),
        window_tokens=settings.provided.llm_window_tokens,
    )
    supervision = Singleton(
        Supervision,
        process_host=process_host,
        archive=store.output_archive,
        terminals=live_terminals,
        clock=clock,
    )
    setup_command = Singleton(SetupCommand, supervision=supervision, homes=homes, clock=clock)
    command_runner: Provider[Runner] = Singleton(
        CommandRunner,
        supervision=supervision,
        setup=setup_command,
        homes=homes,
        parsers=Singleton(CliOutputParsers, clock, prices_of=prices_of),
        dialogues=Singleton(CliDialogues),
        matcher=pattern_matcher,
        clock=clock,
    )
    acp_runner: Provider[Runner] = Singleton(
        AcpRunner,
        process_host=process_host,
        homes=homes,
        archive=store.output_archive,
        sampling=UsageSampling,
        setup=setup_command,
        clock=clock,
    )
    runners = Dict(
        dict.fromkeys(configured_agents.PROGRAM_KINDS, command_runner),
        react=Singleton(ExtractingRunner, react_runner, matcher=pattern_matcher),
        acp=Singleton(ExtractingRunner, acp_runner, matcher=pattern_matcher),
    )
    bounded_runners = Callable(_bounded, runners, workspaces)

    profiles = Callable(configured_agents.profiles, settings, kinds=runners)
    catalog: Provider[AgentCatalog] = Singleton(
        StoredAgentCatalog,
        profiles,
        default=Callable(configured_agents.default_agent, settings, profiles),
        store=store.profile_store,
    )
