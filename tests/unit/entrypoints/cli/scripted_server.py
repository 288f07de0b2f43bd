"""A server that answers from a script, one answer per request, and records the requests."""

from collections.abc import AsyncIterator, Sequence

import httpx2

from entrypoints.cli.client.server_client import ServerClient


class Pieces(httpx2.AsyncByteStream):
    """A body in pieces; an exception among them cuts the connection."""

    def __init__(self, pieces: Sequence[bytes | Exception]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


class ScriptedServer:
    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.client = ServerClient(
            url="http://server",
            http=httpx2.AsyncClient(
                base_url="http://server", transport=httpx2.MockTransport(self._answer)
            ),
        )

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def stream(*pieces: str | Exception) -> httpx2.Response:
    encoded = [piece if isinstance(piece, Exception) else piece.encode() for piece in pieces]
    return httpx2.Response(
        200,
        headers={"Content-Type": "text/event-stream; charset=utf-8"},
        stream=Pieces(encoded),
    )


def problem(status: int, **body: object) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers={"Content-Type": "application/problem+json"})
