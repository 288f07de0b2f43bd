"""Agent profiles of the toml file, over the ready-made ones."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator
from pydantic_core import PydanticCustomError

from domain.agent_profile import (
    AcpCapability,
    AgentProfile,
    HandOver,
    Network,
    OnLost,
    SandboxWish,
)
from domain.built_in_rules import BuiltInRule, built_in_rule
from domain.errors import InvalidInput
from domain.extraction import ExtractionRule
from domain.ids import AgentName
from domain.mcp_server import McpServer
from domain.task import Approval
from entrypoints.settings.ready_made_agents import READY_MADE
from entrypoints.settings.rule_settings import FailureSettings, OutputRuleSettings, RuleSettings


class McpServerSettings(BaseModel):
    """The table `[agents.NAME.mcp_servers.SERVER]`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    env_passthrough: tuple[str, ...] = ()
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    start_s: float = Field(default=30.0, gt=0)
    call_s: float = Field(default=120.0, gt=0)

    @field_validator("args", "env_passthrough", mode="before")
    @classmethod
    def _is_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise PydanticCustomError("list", 'should be a list, such as ["--all"]')
        return value

    @model_validator(mode="after")
    def _is_one_server(self) -> "McpServerSettings":
        try:
            McpServer(**self.model_dump())
        except InvalidInput as error:
            raise PydanticCustomError(
                "mcp_server", "{mistake}", {"mistake": str(error)}
            ) from error
        return self


class LimitSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    timeout_s: float | None = Field(default=None, gt=0)
    idle_s: float | None = Field(default=None, gt=0)
    iterations: int | None = Field(default=None, gt=0)
    tool_calls: int | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0)
    usd: float | None = Field(default=None, gt=0)
    output_bytes: int | None = Field(default=None, gt=0)


class AgentSettings(BaseModel):
    """The table `[agents.NAME]`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: str = "command"
    description: str = ""
    argv: tuple[str, ...] = ()
    resume_argv: tuple[str, ...] = ()
    setup_argv: tuple[str, ...] = ()
    hand_over: HandOver = "argument"
    approval_argv: dict[Approval, list[str]] = Field(default_factory=dict)
    acp_capabilities: tuple[AcpCapability, ...] = ()
    keeps_stdin: bool = False
    parser: str | None = None
    pty: bool = True
    env: dict[str, str] = Field(default_factory=dict)
    env_passthrough: tuple[str, ...] = ()
    workspace: str | None = None
    sandbox: SandboxWish = "auto"
    network: Network = "none"
    limits: LimitSettings = LimitSettings()
    approvals: dict[str, Approval] = Field(default_factory=dict)
    tools: tuple[str, ...] | None = None
    mcp_servers: dict[str, McpServerSettings] = Field(default_factory=dict)
    analysis: bool = False
    on_lost: OnLost = "interrupt"
    max_attempts: int = Field(default=3, ge=1)
    start_s: float = Field(default=30.0, gt=0)
    first_output_s: float | None = Field(default=None, gt=0)
    memory_bytes: int | None = Field(default=None, gt=0)
    processes: int | None = Field(default=None, gt=0)
    home_files: dict[str, str] = Field(default_factory=dict)
    shared_folders: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()
    model: str | None = None
    models: tuple[str, ...] | None = None
    rules: tuple[RuleSettings, ...] = ()
    built_in_rules: tuple[BuiltInRule, ...] = ()
    """Names of built-in rules, which are applied after `rules`."""
    failure: tuple[FailureSettings, ...] = ()
    answer: OutputRuleSettings | None = None
    thread: OutputRuleSettings | None = None

    @field_validator(
        "argv",
        "resume_argv",
        "setup_argv",
        "env_passthrough",
        "shared_folders",
        "sockets",
        "tools",
        "models",
        "acp_capabilities",
        mode="before",
    )
    @classmethod
    def _is_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise PydanticCustomError("list", 'should be a list, such as ["npm", "test"]')
        return value


def profiles_of(agents: Mapping[str, AgentSettings]) -> list[AgentProfile]:
    """The ready-made agents, overridden and extended by the configured ones."""
    configured = {AgentName(name): _profile(name, table) for name, table in agents.items()}
    return list({**READY_MADE, **configured}.values())


_PROFILE = TypeAdapter(AgentProfile)
_RULES = frozenset({"rules", "built_in_rules"})


def _profile(name: str, settings: AgentSettings) -> AgentProfile:
    """Fields that are set override the template; defaults do not."""
    template = _template(name, settings)
    table = settings.model_dump(exclude_unset=True, exclude=set(_RULES))
    if settings.model_fields_set & _RULES:
        table["rules"] = _rules(settings)
    given = {"kind": template.kind, **table, "name": name, "source": "config"}
    return _PROFILE.validate_python(given).over(template, given=given)


def _rules(settings: AgentSettings) -> tuple[ExtractionRule, ...]:
    built_in = (built_in_rule(name) for name in settings.built_in_rules)
    return (*(rule.rule() for rule in settings.rules), *built_in)


def _template(name: str, settings: AgentSettings) -> AgentProfile:
    """The ready-made agent of this name, or else of this kind."""
    is_kind_set = "kind" in settings.model_fields_set
    ready_made = READY_MADE.get(AgentName(name))
    if ready_made is not None and (not is_kind_set or settings.kind == ready_made.kind):
        return ready_made
    of_kind = READY_MADE.get(AgentName(settings.kind))
    if of_kind is not None and of_kind.kind == settings.kind:
        return of_kind
    return AgentProfile(name=AgentName(name), kind=settings.kind)
