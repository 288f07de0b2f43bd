"""The profile of an agent as JSON: operators see its command, nobody the value of a variable."""

from collections.abc import Mapping
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from adapters.http.answers.task import LimitsAnswer, limits_answer
from domain.agent_profile import (
    AcpCapability,
    AgentProfile,
    HandOver,
    Network,
    OnLost,
    ProfileSource,
    SandboxWish,
)
from domain.extraction import CaptureType, ExtractionRule, FailedBy, OutputRule
from domain.limits import Limits
from domain.mcp_server import McpServer
from domain.task import Approval

_ForOperators = Field(description="Shown to operators only.")
_Names = Field(description="The names only; shown to operators only.")


class McpServerAnswer(TypedDict):
    command: NotRequired[str]
    args: NotRequired[list[str]]
    env_names: NotRequired[list[str]]
    env_passthrough: NotRequired[list[str]]
    url: NotRequired[str]
    header_names: NotRequired[list[str]]
    start_s: float
    call_s: float


class RuleAnswer(TypedDict):
    """A built-in rule is shown as its pattern."""

    name: str
    pattern: NotRequired[str]
    json_path: NotRequired[str]
    types: NotRequired[dict[str, CaptureType]]
    ignore_case: NotRequired[bool]
    every_match: NotRequired[bool]


class OutputRuleAnswer(TypedDict):
    pattern: NotRequired[str]
    json_path: NotRequired[str]
    ignore_case: NotRequired[bool]


class FailureRuleAnswer(OutputRuleAnswer):
    reason: FailedBy


class ProfileAnswer(TypedDict):
    """Without bounds: it shows what settings, earlier versions and templates may hold too."""

    name: str
    kind: str
    source: ProfileSource
    description: NotRequired[str]
    pty: bool
    sandbox: SandboxWish
    network: Network
    on_lost: OnLost
    max_attempts: int
    analysis: NotRequired[bool]
    model: NotRequired[str]
    models: NotRequired[list[str]]
    limits: NotRequired[LimitsAnswer]
    argv: NotRequired[Annotated[list[str], _ForOperators]]
    resume_argv: NotRequired[Annotated[list[str], _ForOperators]]
    setup_argv: NotRequired[Annotated[list[str], _ForOperators]]
    hand_over: NotRequired[Annotated[HandOver, _ForOperators]]
    approval_argv: NotRequired[Annotated[dict[Approval, list[str]], _ForOperators]]
    acp_capabilities: NotRequired[Annotated[list[AcpCapability], _ForOperators]]
    keeps_stdin: NotRequired[Annotated[bool, _ForOperators]]
    parser: NotRequired[Annotated[str, _ForOperators]]
    env_names: NotRequired[Annotated[list[str], _Names]]
    env_passthrough: NotRequired[Annotated[list[str], _ForOperators]]
    home_file_names: NotRequired[Annotated[list[str], _Names]]
    shared_folders: NotRequired[Annotated[list[str], _ForOperators]]
    sockets: NotRequired[Annotated[list[str], _ForOperators]]
    approvals: NotRequired[Annotated[dict[str, Approval], _ForOperators]]
    tools: NotRequired[Annotated[list[str], _ForOperators]]
    mcp_servers: NotRequired[Annotated[dict[str, McpServerAnswer], _ForOperators]]
    workspace: NotRequired[Annotated[str, _ForOperators]]
    start_s: NotRequired[Annotated[float, _ForOperators]]
    first_output_s: NotRequired[Annotated[float, _ForOperators]]
    memory_bytes: NotRequired[Annotated[int, _ForOperators]]
    processes: NotRequired[Annotated[int, _ForOperators]]
    rules: NotRequired[Annotated[list[RuleAnswer], _ForOperators]]
    failure: NotRequired[Annotated[list[FailureRuleAnswer], _ForOperators]]
    answer: NotRequired[Annotated[OutputRuleAnswer, _ForOperators]]
    thread: NotRequired[Annotated[OutputRuleAnswer, _ForOperators]]


def add_optional(answer: ProfileAnswer, profile: AgentProfile, *, is_whole: bool) -> None:
    """Add the fields that not every answer has; `is_whole` adds those for operators."""
    if profile.description:
        answer["description"] = profile.description
    if profile.model is not None:
        answer["model"] = profile.model
    if profile.models is not None:
        answer["models"] = list(profile.models)
    if profile.analysis:
        answer["analysis"] = True
    if profile.limits != Limits():
        answer["limits"] = limits_answer(profile.limits)
    if is_whole:
        _add_start(answer, profile)
        _add_bounds(answer, profile)
        _add_rules(answer, profile)


def _add_start(answer: ProfileAnswer, profile: AgentProfile) -> None:
    answer["argv"] = list(profile.argv)
    if profile.resume_argv:
        answer["resume_argv"] = list(profile.resume_argv)
    if profile.setup_argv:
        answer["setup_argv"] = list(profile.setup_argv)
    answer["hand_over"] = profile.hand_over
    if profile.approval_argv:
        answer["approval_argv"] = {
            approval: list(flags) for approval, flags in profile.approval_argv.items()
        }
    if profile.acp_capabilities:
        answer["acp_capabilities"] = list(profile.acp_capabilities)
    answer["keeps_stdin"] = profile.keeps_stdin
    if profile.parser is not None:
        answer["parser"] = profile.parser
    answer["env_names"] = sorted(profile.env)
    answer["env_passthrough"] = list(profile.env_passthrough)
    answer["home_file_names"] = sorted(profile.home_files)
    if profile.shared_folders:
        answer["shared_folders"] = list(profile.shared_folders)
    if profile.sockets:
        answer["sockets"] = list(profile.sockets)


def _add_bounds(answer: ProfileAnswer, profile: AgentProfile) -> None:
    if profile.approvals:
        answer["approvals"] = dict(profile.approvals)
    if profile.tools is not None:
        answer["tools"] = list(profile.tools)
    if profile.mcp_servers:
        answer["mcp_servers"] = _mcp_server_answers(profile.mcp_servers)
    answer["start_s"] = profile.start_s
    if profile.workspace is not None:
        answer["workspace"] = profile.workspace
    if profile.first_output_s is not None:
        answer["first_output_s"] = profile.first_output_s
    if profile.memory_bytes is not None:
        answer["memory_bytes"] = profile.memory_bytes
    if profile.processes is not None:
        answer["processes"] = profile.processes


def _add_rules(answer: ProfileAnswer, profile: AgentProfile) -> None:
    if profile.rules:
        answer["rules"] = [_rule(rule) for rule in profile.rules]
    if profile.failure:
        answer["failure"] = [
            FailureRuleAnswer(**_output_rule(rule), reason=rule.reason) for rule in profile.failure
        ]
    if profile.answer is not None:
        answer["answer"] = _output_rule(profile.answer)
    if profile.thread is not None:
        answer["thread"] = _output_rule(profile.thread)


def _rule(rule: ExtractionRule) -> RuleAnswer:
    answer = RuleAnswer(name=rule.name)
    if rule.pattern is not None:
        answer["pattern"] = rule.pattern
    if rule.json_path is not None:
        answer["json_path"] = rule.json_path
    if rule.types:
        answer["types"] = dict(rule.types)
    if rule.ignore_case:
        answer["ignore_case"] = True
    if not rule.every_match:
        answer["every_match"] = False
    return answer


def _output_rule(rule: OutputRule) -> OutputRuleAnswer:
    answer = OutputRuleAnswer()
    if rule.pattern is not None:
        answer["pattern"] = rule.pattern
    if rule.json_path is not None:
        answer["json_path"] = rule.json_path
    if rule.ignore_case:
        answer["ignore_case"] = True
    return answer


def _mcp_server_answers(servers: Mapping[str, McpServer]) -> dict[str, McpServerAnswer]:
    return {name: _mcp_server_answer(server) for name, server in servers.items()}


def _mcp_server_answer(server: McpServer) -> McpServerAnswer:
    answer = McpServerAnswer(start_s=server.start_s, call_s=server.call_s)
    if server.command is not None:
        answer["command"] = server.command
        answer["args"] = list(server.args)
        answer["env_names"] = sorted(server.env)
        answer["env_passthrough"] = list(server.env_passthrough)
    if server.url is not None:
        answer["url"] = server.url
        answer["header_names"] = sorted(server.headers)
    return answer
