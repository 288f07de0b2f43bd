"""A server of the Model Context Protocol, whose tools an agent may use as its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import InvalidInput
from domain.ids import is_variable_name
from domain.json_values import require_finite

# Its tools' names begin with it, and models take only so much for a name.
_NAME = re.compile(r"(?!.*__)[A-Za-z0-9_-]{1,32}(?<!_)")


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """Either a command, which is started with each task, or the URL where it is served."""

    command: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    env_passthrough: tuple[str, ...] = ()
    """Names of our server's own variables that it may see."""
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    start_s: float = 30.0
    """How long it may take to be there and to name its tools."""
    call_s: float = 120.0
    """How long a call may take."""

    def __post_init__(self) -> None:
        require_finite((self.start_s, self.call_s))
        if bool(self.command) == bool(self.url):
            raise InvalidInput("mcp_servers", "a server needs either a command or a url")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise InvalidInput("mcp_servers", f"{self.url!r} should begin with http or https")
        if self.url and (self.args or self.env or self.env_passthrough):
            raise InvalidInput("mcp_servers", "args and variables are for a command, not a url")
        if self.command and self.headers:
            raise InvalidInput("mcp_servers", "headers are for a url, not a command")
        for name in self.env_passthrough:
            if not is_variable_name(name):
                message = f"env_passthrough: {name!r} is no name of a variable"
                raise InvalidInput("mcp_servers", message)


def check_server_names(servers: Mapping[str, McpServer]) -> None:
    """Raises InvalidInput."""
    for name in servers:
        if _NAME.fullmatch(name) is None:
            message = f"{name!r} should be 1 to 32 letters, digits, - and single _, not at its end"
            raise InvalidInput("mcp_servers", message)
