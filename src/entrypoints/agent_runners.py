"""The runners of agents that need more than a line to be put together."""

import random
from collections.abc import Mapping, Sequence

from adapters.acp.acp_runner import AcpRunner
from adapters.cli_agents.claude_dialogue import CliDialogues
from adapters.cli_agents.cli_output_parsers import CliOutputParsers
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
from entrypoints.provider_prices import prices_of
from entrypoints.settings import Settings
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.homes import Homes
from ports.id_source import IdSource
from ports.language_model import LanguageModel
from ports.output_archive import OutputArchive
from ports.pattern_matcher import PatternMatcher
from ports.process import ProcessHost
from ports.runner import Runner
from ports.session_store import SessionStore
from ports.tool import Tool
from ports.tool_source import ToolSource
from ports.workspaces import Workspaces


def session_memory(
    log: EventLog, codec: EventCodec, sessions: SessionStore, answers: PriorAnswers
) -> SessionMemory:
    origins = SessionOrigins(sessions=sessions, log=log)
    return SessionMemory(log=log, codec=codec, origins=origins, answers=answers)


def react_runner(
    settings: Settings,
    *,
    model: LanguageModel,
    tools: Sequence[Tool],
    further_tools: ToolSource,
    memory: SessionMemory,
    clock: Clock,
    ids: IdSource,
) -> ReactRunner:
    return ReactRunner(
        model=model,
        tools=tools,
        further_tools=further_tools,
        memory=memory,
        clock=clock,
        ids=ids,
        retry=Retry(spread=random.random),
        window_tokens=settings.llm_window_tokens,
    )


def command_runner(
    *,
    process_host: ProcessHost,
    homes: Homes,
    archive: OutputArchive,
    terminals: LiveTerminals,
    matcher: PatternMatcher,
    clock: Clock,
) -> CommandRunner:
    return CommandRunner(
        process_host=process_host,
        homes=homes,
        archive=archive,
        terminals=terminals,
        parsers=CliOutputParsers(clock, prices_of=prices_of),
        dialogues=CliDialogues(),
        matcher=matcher,
        clock=clock,
    )


def acp_runner(
    process_host: ProcessHost,
    homes: Homes,
    archive: OutputArchive,
    terminals: LiveTerminals,
    clock: Clock,
) -> AcpRunner:
    supervision = Supervision(
        process_host=process_host, archive=archive, terminals=terminals, clock=clock
    )
    return AcpRunner(
        process_host=process_host,
        homes=homes,
        archive=archive,
        sampling=UsageSampling,
        setup=SetupCommand(supervision=supervision, homes=homes, clock=clock),
        clock=clock,
    )


def extracting(runner: Runner, matcher: PatternMatcher) -> Runner:
    return ExtractingRunner(runner, matcher=matcher)


def bounded(runners: Mapping[str, Runner], workspaces: Workspaces) -> Mapping[str, Runner]:
    return {kind: BoundedRunner(runner, workspaces=workspaces) for kind, runner in runners.items()}
