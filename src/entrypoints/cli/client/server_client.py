"""Requests to a running server, whose failures become one line."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import httpx2

from domain.approval import Verdict
from domain.task_events import CancelMode
from entrypoints.cli.failure import ServerRefused, ServerUnreachable, UsageMistake

Json = Mapping[str, object]

# The server pings every 15 s; three in a row that do not come mean that it is gone.
SILENCE_S = 50.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


_TRUNCATED = "x-log-truncated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A streamed text."""

    chunks: AsyncIterator[bytes]
    is_truncated: bool
    """Whether its beginning is no longer stored."""


class ServerClient:
    def __init__(self, *, url: str, http: httpx2.AsyncClient) -> None:
        self._url = url
        self._is_local = httpx2.URL(url).host in _LOOPBACK
        self.http = http

    async def task(self, task_id: str) -> Json:
        return await self._request("GET", f"/tasks/{path_part(task_id)}")

    async def get(self, path: str) -> Json:
        return await self._request("GET", path, headers={"Accept": "application/json"})

    async def submit(self, body: Json, *, headers: Mapping[str, str]) -> Json:
        return await self._request("POST", "/tasks", body=body, headers=headers)

    async def items(self, path: str, query: Mapping[str, str | int | None]) -> list[Json]:
        """The first page of a list."""
        given = {name: value for name, value in query.items() if value is not None}
        page = await self._request("GET", path, query=given)
        items = page.get("items")
        return (
            [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        )

    async def lines(self, path: str, query: Mapping[str, str]) -> AsyncIterator[Json]:
        """Events of the past, oldest first."""
        headers = {"Accept": "application/x-ndjson"}
        async with self._streamed(path, query=query, headers=headers) as response:
            async for line in response.aiter_lines():
                yield _as_object(line, response)

    @asynccontextmanager
    async def download(self, path: str) -> AsyncIterator[Download]:
        async with self._streamed(path) as response:
            is_truncated = response.headers.get(_TRUNCATED) == "true"
            yield Download(chunks=response.aiter_bytes(), is_truncated=is_truncated)

    async def frames(self, path: str) -> AsyncIterator[httpx2.ServerSentEvent]:
        """Frames of a stream without cursors; raises ServerUnreachable when it breaks off."""
        timeout = httpx2.Timeout(SILENCE_S, connect=5)
        with self._failures():
            async with self.http.sse(f"/api/v1{path}", timeout=timeout) as source:
                if not source.response.is_success:
                    await source.response.aread()
                    raise refusal(source.response)
                async for frame in source:
                    yield frame
                    if frame.event == "end":
                        return
        raise ServerUnreachable("the connection was closed")

    async def give_input(self, task_id: str, body: Json) -> Json:
        return await self._request("POST", f"/tasks/{path_part(task_id)}/input", body=body)

    async def retry(self, task_id: str, *, headers: Mapping[str, str]) -> Json:
        return await self._request("POST", f"/tasks/{path_part(task_id)}/retry", headers=headers)

    async def cancel(self, task_id: str, mode: CancelMode) -> None:
        path = f"/tasks/{path_part(task_id)}/cancel"
        await self._request("POST", path, body={"mode": mode})

    async def pause(self, task_id: str) -> None:
        await self._request("POST", f"/tasks/{path_part(task_id)}/pause")

    async def resume(self, task_id: str) -> None:
        await self._request("POST", f"/tasks/{path_part(task_id)}/resume")

    async def decide(self, approval_id: str, verdict: Verdict, *, reason: str | None) -> Json:
        fields = {"decision": verdict, "reason": reason}
        body = {name: value for name, value in fields.items() if value is not None}
        return await self._request("POST", f"/approvals/{path_part(approval_id)}", body=body)

    def unreachable(self, error: Exception) -> ServerUnreachable:
        reason = str(error) or type(error).__name__
        return ServerUnreachable(f"cannot reach the server at {self._url}: {reason}")

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        with self._failures():
            response = await self.http.request(
                method, f"/api/v1{path}", params=query, json=body, headers=headers
            )
        if not response.is_success:
            raise refusal(response)
        return _json_object(response)

    @asynccontextmanager
    async def _streamed(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[httpx2.Response]:
        with self._failures():
            async with self.http.stream(
                "GET", f"/api/v1{path}", params=query, headers=headers
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal(response)
                yield response

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TransportError as error:
            hint = "; agentcast serve starts one" if self._is_local else ""
            raise ServerUnreachable(f"{self.unreachable(error)}{hint}") from error


@asynccontextmanager
async def server_client(url: str) -> AsyncIterator[ServerClient]:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise UsageMistake(f"--server: {url!r} is not a URL: {error}") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise UsageMistake(f"--server: {url!r} is not a URL such as http://127.0.0.1:8080")
    # A proxy cannot reach the loopback of this machine.
    through_proxy = address.host not in _LOOPBACK
    async with httpx2.AsyncClient(
        base_url=address, timeout=httpx2.Timeout(30, connect=5), trust_env=through_proxy
    ) as http:
        yield ServerClient(url=url, http=http)


def path_part(name: str) -> str:
    return quote(name, safe="")


def refusal(response: httpx2.Response) -> ServerRefused:
    """A problem+json response as one line; its body must have been read."""
    try:
        problem = _json_object(response)
    except ServerRefused:
        problem = {}
    text = problem.get("detail") or problem.get("title") or response.reason_phrase
    details = "; ".join(_field_errors(problem)) or str(text)
    wait = response.headers.get("retry-after", "")
    return ServerRefused(
        f"the server refused ({response.status_code}): {details}",
        status=response.status_code,
        retry_after_s=float(wait) if wait.isdigit() else None,
    )


def _field_errors(problem: Json) -> list[str]:
    errors = problem.get("errors")
    if not isinstance(errors, list):
        return []
    objects = (error for error in errors if isinstance(error, dict))
    return [f"{_field(error)}{_reason(error)}" for error in objects]


def _field(error: Json) -> str:
    return f"{error['field']}: " if error.get("field") else ""


def _reason(error: Json) -> str:
    return str(error.get("message") or error.get("detail") or error.get("msg") or "is wrong")


def _json_object(response: httpx2.Response) -> Json:
    return _as_object(response.content, response)


def _as_object(text: str | bytes, response: httpx2.Response) -> Json:
    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise _not_ours(response) from error
    if not isinstance(value, dict):
        raise _not_ours(response)
    return value


def _not_ours(response: httpx2.Response) -> ServerRefused:
    message = "the answer is not Agentcast's: is the address right?"
    return ServerRefused(message, status=response.status_code)
