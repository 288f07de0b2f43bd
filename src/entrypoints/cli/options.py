"""Options that several commands share, each described once."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from domain.ids import SessionId, is_chosen_id
from entrypoints.cli.checks import agent_name, positive
from entrypoints.cli.failure import UsageMistake

Server = Annotated[
    str, Parameter(env_var="AGENTCAST_URL", help="Address of the server.", show_default=True)
]
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="JSON, one object a line.")]
Raw = Annotated[
    bool, Parameter(negative=(), help="Leave terminal escapes in what agents have written.")
]
Session = Annotated[str | None, Parameter(help="The session's id; made when it does not exist.")]
Workspace = Annotated[
    Path | None, Parameter(help="Folder to work in; the current one if nothing names another.")
]
Agent = Annotated[
    str | None,
    Parameter(help="The agent's name; the server has a default.", validator=agent_name),
]
Model = Annotated[str | None, Parameter(help="The model to do it with, for agents that ask one.")]
Timeout = Annotated[float | None, Parameter(help="Seconds it may take.", validator=positive)]

DEFAULT_SERVER = "http://127.0.0.1:8080"


def chosen_session(name: str | None) -> SessionId | None:
    if name is None:
        return None
    if not is_chosen_id(name):
        raise UsageMistake("--session: use 1 to 64 letters, digits and any of . _ : -")
    return SessionId(name)
