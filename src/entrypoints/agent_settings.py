"""Agent profiles as the toml file says them, and those that are always there."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from domain.agent_profile import AgentProfile, HandOver, Network, OnLost, SandboxWish
from domain.ids import AgentName
from domain.limits import Limits


class LimitSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_s: float | None = Field(default=None, gt=0)
    idle_s: float | None = Field(default=None, gt=0)
    iterations: int | None = Field(default=None, gt=0)
    tool_calls: int | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0)
    usd: float | None = Field(default=None, gt=0)
    output_bytes: int | None = Field(default=None, gt=0)


class AgentSettings(BaseModel):
    """The table `[agents.NAME]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = "command"
    description: str = ""
    argv: tuple[str, ...] = ()
    hand_over: HandOver = "argument"
    pty: bool = True
    env: dict[str, str] = Field(default_factory=dict)
    env_passthrough: tuple[str, ...] = ()
    workspace: str | None = None
    sandbox: SandboxWish = "auto"
    network: Network = "none"
    limits: LimitSettings = LimitSettings()
    on_lost: OnLost = "interrupt"
    max_attempts: int = Field(default=3, ge=1)
    model: str | None = None


def profiles_of(agents: Mapping[str, AgentSettings]) -> list[AgentProfile]:
    """Those that are always there, changed and completed by those that are configured."""
    changed = {name: _changed(_BUILT_IN[name], by=agents.get(name)) for name in _BUILT_IN}
    return [_profile(name, settings) for name, settings in {**agents, **changed}.items()]


_BUILT_IN: Mapping[str, AgentSettings] = {
    "react": AgentSettings(
        kind="react",
        description="Thinks with a language model and works with tools in the workspace.",
    ),
    "shell": AgentSettings(
        kind="shell",
        description="Runs the task as a command line in a terminal.",
    ),
}


def _changed(settings: AgentSettings, *, by: AgentSettings | None) -> AgentSettings:
    """Only what was said is changed; a default was not said."""
    said = () if by is None else by.model_fields_set
    return settings.model_copy(update={name: getattr(by, name) for name in said})


def _profile(name: str, settings: AgentSettings) -> AgentProfile:
    return AgentProfile(
        name=AgentName(name),
        kind=settings.kind,
        description=settings.description,
        argv=settings.argv,
        hand_over=settings.hand_over,
        pty=settings.pty,
        env=settings.env,
        env_passthrough=settings.env_passthrough,
        workspace=settings.workspace,
        sandbox=settings.sandbox,
        network=settings.network,
        limits=Limits(**settings.limits.model_dump()),
        on_lost=settings.on_lost,
        max_attempts=settings.max_attempts,
        model=settings.model,
    )
