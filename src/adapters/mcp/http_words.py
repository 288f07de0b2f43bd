"""Hears what an HTTP server answers, of which the library tells only that it was an error."""

import httpx2

_FAILED = 400
_NOT_FOUND = 404
_SESSION = "Mcp-Session-Id"


class HttpWords:
    def __init__(self) -> None:
        self.refusal = ""
        """The status of the last message, if that was refused."""
        self.is_session_lost = False
        """A server that has begun anew knows no session of before."""

    async def hear(self, response: httpx2.Response) -> None:
        """Only of what carries messages: other requests may be refused, and nobody minds."""
        if response.request.method != "POST":
            return
        status = response.status_code
        is_refused = status >= _FAILED
        self.refusal = f"{status} {response.reason_phrase}".rstrip() if is_refused else ""
        if status == _NOT_FOUND and _SESSION in response.request.headers:
            self.is_session_lost = True
