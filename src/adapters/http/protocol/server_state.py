"""What all connections of one server share."""

from uvicorn.server import ServerState

from adapters.http.protocol.request_deadlines import REQUEST_S, RequestDeadlines


class CastServerState(ServerState):
    def __init__(self, *, request_s: float = REQUEST_S) -> None:
        super().__init__()
        self.deadlines = RequestDeadlines(seconds=request_s)
