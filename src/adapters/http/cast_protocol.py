"""uvicorn's HTTP protocol, taught what a server of long streams needs."""

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "agentcast.connection"


class CastProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"protocol": self}}


def connection_of(scope: Scope) -> CastProtocol | None:
    """The connection a request came by; None on any other server, and for any other protocol."""
    found = (scope.get("extensions") or {}).get(_EXTENSION, {}).get("protocol")
    return found if isinstance(found, CastProtocol) else None
