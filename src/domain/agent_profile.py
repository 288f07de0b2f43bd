"""An agent: a configured profile that can carry out tasks."""

from dataclasses import dataclass, field
from typing import Literal

from domain.ids import AgentName
from domain.limits import Limits

OnLost = Literal["interrupt", "requeue"]
Network = Literal["none", "host"]
SandboxWish = Literal["auto", "none", "require"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    name: AgentName
    kind: str
    """Which runner carries out its tasks: `react`, `shell`, `command`, …"""
    description: str = ""
    argv: tuple[str, ...] = ()
    """The command of an agent that is a program; the task's text is its last argument."""
    pass_text: bool = True
    """Whether the task's text is handed to the command at all."""
    pty: bool = True
    env: dict[str, str] = field(default_factory=dict)
    env_passthrough: tuple[str, ...] = ()
    """Names of the server's own variables that its processes may see."""
    workspace: str | None = None
    """A fixed folder; None gives each session one of its own."""
    sandbox: SandboxWish = "auto"
    """`auto` uses a sandbox when the machine has one."""
    network: Network = "none"
    """What a sandboxed process may reach."""
    limits: Limits = field(default_factory=Limits)
    on_lost: OnLost = "interrupt"
    max_attempts: int = 3
    model: str | None = None
