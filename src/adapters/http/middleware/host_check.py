"""Refuses unknown Host names, so that DNS rebinding reaches nothing."""

import re
from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems.problem import Problem, refuse
from adapters.http.problems.request_scope import header_values

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")


class HostCheck:
    """Loopback names with any port, and the configured ones: `name` any port, `name:port` that."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str] = ()) -> None:
        self._app = app
        self._allowed = _LOOPBACK | {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._knows(header_values(scope, "host")):
            await self._app(scope, receive, send)
        else:
            await refuse(_misdirected(), scope, receive, send)

    def _knows(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:
            return False
        host = hosts[0].lower()
        authority = _AUTHORITY.fullmatch(host)
        return authority is not None and (
            authority["name"] in self._allowed or host in self._allowed
        )


def _misdirected() -> Problem:
    return Problem(
        status=421,
        code="unknown_host",
        detail="This server does not answer to that Host name;"
        " its operator can add the name to AGENTCAST_ALLOWED_HOSTS.",
    )
