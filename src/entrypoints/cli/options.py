"""Options that several commands share, each described once."""

import math
from pathlib import Path
from typing import Annotated, TypedDict

from cyclopts import Parameter

from domain.built_in_rules import BuiltInRule
from domain.ids import SessionId, is_chosen_id
from entrypoints.cli.failure import UsageMistake


def positive(_: object, seconds: float | None) -> None:
    """Raises ValueError, to which the parser adds the option."""
    if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
        raise ValueError("use a number of seconds above 0")


def agent_name(_: object, name: str | None) -> None:
    """Raises ValueError, to which the parser adds the option."""
    if name is not None and not is_chosen_id(name):
        raise ValueError("use 1 to 64 letters, digits and any of . _ : -")


Server = Annotated[
    str, Parameter(env_var="AGENTCAST_URL", help="Address of the server.", show_default=True)
]
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="JSON, one object a line.")]
Raw = Annotated[
    bool, Parameter(negative=(), help="Leave terminal escapes in what agents have written.")
]
TaskId = Annotated[str, Parameter(help="The task's id.")]
Session = Annotated[str | None, Parameter(help="The session's id; made when it does not exist.")]
Workspace = Annotated[
    Path | None, Parameter(help="Folder to work in; the current one if nothing names another.")
]
Agent = Annotated[
    str | None,
    Parameter(help="The agent's name; there is a default.", validator=agent_name),
]
Model = Annotated[str | None, Parameter(help="The model to use, for agents that use one.")]
Timeout = Annotated[float | None, Parameter(help="Seconds it may take.", validator=positive)]
Rules = Annotated[Path | None, Parameter(help="File of rules: .toml or .json.")]
BuiltInRules = Annotated[
    tuple[BuiltInRule, ...], Parameter(help="A rule that is built in; may be repeated.")
]
Metadata = Annotated[
    dict[str, str] | None,
    Parameter(help="A value of yours to store with the task: `--metadata.ticket 12`."),
]


class LimitOptions(TypedDict, total=False):
    """The fields of `limits` in the API."""

    timeout_s: Annotated[
        float, Parameter(name="--timeout", help="Seconds it may take.", validator=positive)
    ]
    idle_s: Annotated[
        float, Parameter(name="--idle", help="Seconds it may be silent.", validator=positive)
    ]
    iterations: Annotated[int, Parameter(help="Times it may ask its model.", validator=positive)]
    tool_calls: Annotated[int, Parameter(help="Calls of tools.", validator=positive)]
    tokens: Annotated[int, Parameter(help="Tokens of models, in and out.", validator=positive)]
    usd: Annotated[float, Parameter(help="What models may cost.", validator=positive)]
    output_bytes: Annotated[int, Parameter(help="Output in the log.", validator=positive)]


Limited = Annotated[LimitOptions | None, Parameter(name="*", group="Limits")]


DEFAULT_SERVER = "http://127.0.0.1:8080"


def chosen_session(name: str | None) -> SessionId | None:
    if name is None:
        return None
    if not is_chosen_id(name):
        raise UsageMistake("--session: use 1 to 64 letters, digits and any of . _ : -")
    return SessionId(name)
