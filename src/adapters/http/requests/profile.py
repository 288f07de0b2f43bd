"""The profile of an agent, with its MCP servers, as operators send it: as in the settings file."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from adapters.http.requests.bodies import LimitsBody
from adapters.http.requests.checked_values import Seconds, VariableName, Workspace
from adapters.http.requests.rules import FailureRuleBodies, OutputRuleBody, RuleBodies, rules_of
from domain.agent_profile import (
    AcpCapability,
    AgentProfile,
    HandOver,
    Network,
    OnLost,
    SandboxWish,
)
from domain.ids import AgentName
from domain.task import Approval

Text = Annotated[str, Field(max_length=64 * 1024)]
Texts = Annotated[list[Text], Field(max_length=1000)]
Secrets = Annotated[dict[str, Text], Field(max_length=1000, description="Never shown again.")]


@with_config(ConfigDict(extra="forbid", strict=True))
class McpServerBody(TypedDict):
    """Either a command, which is started with each task, or the URL where it is served."""

    command: NotRequired[Text]
    args: NotRequired[Texts]
    env: NotRequired[Secrets]
    env_passthrough: NotRequired[Annotated[list[VariableName], Field(max_length=1000)]]
    url: NotRequired[Text]
    headers: NotRequired[Secrets]
    start_s: NotRequired[Seconds]
    call_s: NotRequired[Seconds]


McpServerBodies = Annotated[
    dict[str, McpServerBody],
    Field(max_length=100, description="By names that their tools' names begin with."),
]

_MANY = 1000
_LONG = 64 * 1024

Word = Annotated[str, Field(max_length=200)]
Argument = Annotated[str, Field(max_length=_LONG)]
Argv = Annotated[
    list[Argument],
    Field(
        max_length=_MANY,
        description="A command, never read by a shell. `{task}` stands for the task's text, or "
        "the path of its file; `{thread}` for the conversation to resume; `{model}` "
        "for the model, and the item is left out when none is named.",
    ),
]


@with_config(
    ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"kind": "command", "argv": ["npm", "test"], "hand_over": "none"}]
        },
    )
)
class ProfileBody(TypedDict):
    """What is left out is as in the ready-made agent of this name or kind, if there is one."""

    kind: NotRequired[Annotated[Word, Field(description="What runs it: command, codex, …")]]
    description: NotRequired[Annotated[str, Field(max_length=2000)]]
    argv: NotRequired[Argv]
    resume_argv: NotRequired[Argv]
    setup_argv: NotRequired[
        Annotated[
            list[Argument],
            Field(
                max_length=_MANY,
                description="A command that prepares its HOME and its workspace, before its first "
                "task in a session; no place is filled in.",
            ),
        ]
    ]
    hand_over: NotRequired[
        Annotated[
            HandOver,
            Field(
                description="How the task gets there; `protocol` is that of Claude Code's standard "
                "input, over which it also asks whether it may do something."
            ),
        ]
    ]
    approval_argv: NotRequired[
        Annotated[
            dict[Approval, Annotated[list[Argument], Field(max_length=_MANY)]],
            Field(
                description="What stands in place of an item `{approval}` of `argv` and "
                "`resume_argv`: the program's own flags for `auto`, `ask` and `deny`. A task's "
                "`approval` is refused where there are none for it and the agent asks nobody."
            ),
        ]
    ]
    acp_capabilities: NotRequired[
        Annotated[
            list[AcpCapability],
            Field(
                max_length=2,
                description="For `acp`: what the server does for the agent when it asks over the "
                "protocol - read and write files of its workspace (`fs`), run commands "
                "(`terminal`). Without them it does so itself.",
            ),
        ]
    ]
    keeps_stdin: NotRequired[bool]
    parser: NotRequired[Word]
    pty: NotRequired[bool]
    env: NotRequired[
        Annotated[dict[str, Argument], Field(max_length=_MANY, description="Never shown again.")]
    ]
    env_passthrough: NotRequired[
        Annotated[
            list[VariableName],
            Field(max_length=_MANY, description="The server's own variables that it may see."),
        ]
    ]
    workspace: NotRequired[Workspace]
    sandbox: NotRequired[SandboxWish]
    network: NotRequired[Network]
    limits: NotRequired[LimitsBody]
    approvals: NotRequired[
        Annotated[
            dict[Word, Approval],
            Field(
                max_length=_MANY,
                description="By tool, by effect (of `acp` by kind of tool), and `default`; of "
                "Claude Code by tool and `default`; of a program that asks nobody only `default`, where `approval_argv` has flags for it.",
            ),
        ]
    ]
    tools: NotRequired[Annotated[list[Word], Field(max_length=_MANY)]]
    mcp_servers: NotRequired[McpServerBodies]
    analysis: NotRequired[
        Annotated[
            bool,
            Field(
                description="For `react`: `task_analysis` comes from a short call to the model, "
                "which is counted and limited as any other."
            ),
        ]
    ]
    on_lost: NotRequired[OnLost]
    max_attempts: NotRequired[Annotated[int, Field(ge=1, le=1000)]]
    start_s: NotRequired[Seconds]
    first_output_s: NotRequired[Seconds]
    memory_bytes: NotRequired[Annotated[int, Field(gt=0, le=2**50)]]
    processes: NotRequired[Annotated[int, Field(gt=0, le=2**22)]]
    shared_folders: NotRequired[
        Annotated[
            list[Argument],
            Field(max_length=_MANY, description="Paths, or `$NAME` for that of a variable."),
        ]
    ]
    sockets: NotRequired[
        Annotated[
            list[Argument],
            Field(
                max_length=100,
                description="Unix sockets that a sandbox lets it reach, by absolute path; `/tmp` "
                "lets its processes make some for each other.",
            ),
        ]
    ]
    home_files: NotRequired[Annotated[dict[str, Argument], Field(max_length=100)]]
    model: NotRequired[Word]
    models: NotRequired[
        Annotated[
            list[Word],
            Field(max_length=_MANY, description="The only ones that a task may name besides."),
        ]
    ]
    rules: NotRequired[RuleBodies]
    failure: NotRequired[FailureRuleBodies]
    answer: NotRequired[OutputRuleBody]
    thread: NotRequired[OutputRuleBody]


def profile_of(name: AgentName, body: ProfileBody, *, template: AgentProfile) -> AgentProfile:
    """Raises InvalidInput for rules and servers that contradict themselves."""
    given = {"kind": template.kind, **body, "name": name, "source": "api"}
    if "rules" in body:
        given["rules"] = rules_of(body["rules"], field="rules")
    return _PROFILE.validate_python(given).over(template, given=given)


_PROFILE = TypeAdapter(AgentProfile)
