"""An agent: a configured profile that can carry out tasks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from domain.approval import APPROVAL_PLACE
from domain.extraction import ExtractionRule, FailureRule, OutputRule
from domain.ids import AgentName
from domain.json_values import require_finite
from domain.limits import Limits
from domain.mcp_server import McpServer
from domain.task import Approval

OnLost = Literal["interrupt", "requeue"]
Network = Literal["none", "host"]
SandboxWish = Literal["auto", "none", "require"]
HandOver = Literal["argument", "stdin", "file", "protocol", "none"]
AcpCapability = Literal["fs", "terminal"]
ProfileSource = Literal["built_in", "config", "api"]

COMMAND_LINE = AgentName("exec")
"""The agent of `agentcast exec`; no other may have this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    name: AgentName
    kind: str
    """Which runner carries out its tasks: `react`, `shell`, `command`, …"""
    description: str = ""
    argv: tuple[str, ...] = ()
    """The command of an agent that is a program. An item `{task}` stands for the task's text or
    the path of its file, `{thread}` for the conversation to resume, `{model}` for the
    model; an item that holds it is left out when there is none."""
    resume_argv: tuple[str, ...] = ()
    """In place of `argv` when the session has a conversation with this agent already."""
    setup_argv: tuple[str, ...] = ()
    """A command that prepares its HOME and its workspace before its first task in a session."""
    hand_over: HandOver = "argument"
    """How the task's text gets there: in place of `{task}` or as the last argument, on its
    standard input, as the path of a file that holds it, over the protocol that its format has
    for its standard input, or not at all."""
    approval_argv: Mapping[Approval, tuple[str, ...]] = field(default_factory=dict)
    """The program's own flags for each approval mode, which replace an item `{approval}`. Without
    flags for a mode the program cannot be held to it."""
    acp_capabilities: tuple[AcpCapability, ...] = ()
    """What the server does for it over the Agent Client Protocol: read and write files, run
    commands. Without them it does so itself, in its sandbox."""
    keeps_stdin: bool = False
    """Whether its standard input stays open for what people send to the task."""
    parser: str | None = None
    """The format of its standard output; None takes the one of its kind."""
    rules: tuple[ExtractionRule, ...] = ()
    """Extraction rules for its output."""
    failure: tuple[FailureRule, ...] = ()
    """Lines that fail its task, whatever its exit code."""
    answer: OutputRule | None = None
    """Where its answer is in plain lines: the last that matches. None: the last line."""
    thread: OutputRule | None = None
    """Where the name of its conversation is in plain lines: the last that matches."""
    shared_folders: tuple[str, ...] = ()
    """What a sandbox lets it write to besides its workspace: paths, or `$NAME` for the folder
    that a variable of its environment names."""
    sockets: tuple[str, ...] = ()
    """Unix sockets that a sandbox lets it reach, by absolute path; `/tmp` for its own."""
    home_files: Mapping[str, str] = field(default_factory=dict)
    """Files put into the private home folder of each of its tasks, by relative path."""
    start_s: float = 30.0
    """How long its process, its sandbox or its protocol may take to start."""
    first_output_s: float | None = None
    """How long it may take until its first output."""
    memory_bytes: int | None = None
    """Address space of each of its processes."""
    processes: int | None = None
    """How many processes it may have at the same time."""
    pty: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    env_passthrough: tuple[str, ...] = ()
    """Names of the server's own variables that its processes may see."""
    workspace: str | None = None
    """A fixed folder; None gives each session one of its own."""
    sandbox: SandboxWish = "auto"
    """`auto` uses a sandbox when the machine has one."""
    network: Network = "none"
    """What a sandboxed process may reach."""
    limits: Limits = field(default_factory=Limits)
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    """The approval mode of its calls, by the names of tools, of effects or, over the Agent Client
    Protocol, of its kinds of tools; `default` is that of tasks without a mode of their own."""
    tools: tuple[str, ...] | None = None
    """Which of our tools it has, by their names; None leaves it to the tools."""
    mcp_servers: Mapping[str, McpServer] = field(default_factory=dict)
    """Servers whose tools it may use as well, by the prefix of the names of their tools."""
    analysis: bool = False
    """Whether a short call to its model first sums up what the task is about."""
    on_lost: OnLost = "interrupt"
    max_attempts: int = 3
    model: str | None = None
    """The one that it uses unless a task names another; None leaves it to the server, or to it."""
    models: tuple[str, ...] | None = None
    """Which others a task may name; None allows all."""
    source: ProfileSource = "built_in"

    def __post_init__(self) -> None:
        require_finite((self.start_s, self.first_output_s))

    def over(self, template: "AgentProfile", *, given: Collection[str]) -> "AgentProfile":
        """The template, with the fields in `given` taken from this profile.

        Limits, variables, files, approvals, their flags and servers are added to the template's
        one by one.
        """
        held = {
            each.name: getattr(self if each.name in given else template, each.name)
            for each in fields(self)
        }
        if "argv" in given and "resume_argv" not in given:
            held["resume_argv"] = ()  # The template's would go on with another program.
            held["thread"] = self.thread
        if "argv" in given and "hand_over" not in given and template.hand_over == "protocol":
            held["hand_over"] = "argument"  # Its flags make the template's speak the protocol.
        if "argv" in given and APPROVAL_PLACE not in self.argv:
            held["approval_argv"] = self.approval_argv  # The template's has no place in it.
        else:
            held["approval_argv"] = {**template.approval_argv, **self.approval_argv}
        if "sandbox" in given and self.sandbox == "none" and "sockets" not in given:
            held["sockets"] = ()  # The template's hold in a sandbox only.
        held["limits"] = self.limits.within(template.limits)
        held["approvals"] = {**template.approvals, **self.approvals}
        held["env"] = {**template.env, **self.env}
        held["home_files"] = {**template.home_files, **self.home_files}
        held["mcp_servers"] = {**template.mcp_servers, **self.mcp_servers}
        return replace(self, **held)
