"""uvicorn's HTTP protocol, taught what a server of long streams needs."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTION = "agentcast.connection"
"""The key of a request's scope under which its connection is found, on this server only."""


class CastProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[CONNECTION] = self  # type: ignore[typeddict-unknown-key]  # ours
