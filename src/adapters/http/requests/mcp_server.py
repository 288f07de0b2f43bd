"""Servers of the Model Context Protocol, as operators send them and see them again."""

from collections.abc import Mapping
from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.requests.checked_values import Seconds, VariableName
from domain.mcp_server import McpServer

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


class McpServerAnswer(TypedDict):
    command: NotRequired[str]
    args: NotRequired[list[str]]
    env_names: NotRequired[list[str]]
    env_passthrough: NotRequired[list[str]]
    url: NotRequired[str]
    header_names: NotRequired[list[str]]
    start_s: float
    call_s: float


def mcp_server_answers(servers: Mapping[str, McpServer]) -> dict[str, McpServerAnswer]:
    return {name: _answer(server) for name, server in servers.items()}


def _answer(server: McpServer) -> McpServerAnswer:
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
