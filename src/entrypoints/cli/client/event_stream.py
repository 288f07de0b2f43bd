"""Reads a stream of the server, and reconnects from the last cursor."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import httpx2

from domain.task import TaskStatus
from domain.task_events import FinalEvent
from entrypoints.cli.client.server_client import SILENCE_S, Json, ServerClient, refusal
from entrypoints.cli.exit_code import code_of, code_of_status
from entrypoints.cli.failure import ServerRefused, ServerUnreachable
from entrypoints.cli.views.received_event import EventView, ReceivedEvent, parsed_event

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 10.0
_GIVE_UP_AFTER = 20
"""Consecutive attempts; about three minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about the stream itself, for stderr."""

    text: str


class EventStream:
    """For one iteration over `items`, which ends with the server's `end`, not with a connection."""

    def __init__(
        self,
        client: ServerClient,
        *,
        path: str,
        query: Mapping[str, str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._path = path
        self._query = dict(query)
        self._sleep = sleep
        self._cursor: str | None = None
        self._retry_s = _FIRST_DELAY_S
        self._failures = 0
        self._has_connected = False
        self._is_connected = False
        self._is_over = False

    async def items(self) -> AsyncGenerator[ReceivedEvent | Notice, None]:
        while not self._is_over:
            reason = "the connection was closed"
            try:
                async with aclosing(self._connection()) as connection:
                    async for item in connection:
                        yield item
            except (ServerUnreachable, ServerRefused) as error:
                self._raise_unless_temporary(error)
                reason = str(error)
            if not self._is_over:
                yield Notice(text=f"{reason}; reconnecting")
                await self._sleep(self._delay())

    async def _connection(self) -> AsyncGenerator[ReceivedEvent | Notice, None]:
        headers = {"Last-Event-ID": self._cursor} if self._cursor is not None else {}
        self._is_connected = False
        timeout = httpx2.Timeout(SILENCE_S, connect=5)
        try:
            async with self._client.http.sse(
                f"/api/v1{self._path}", params=self._query, headers=headers, timeout=timeout
            ) as source:
                if await self._is_accepted(source.response):
                    async for frame in source:
                        for item in self._read(frame):
                            yield item
                        if self._is_over:
                            return
        except httpx2.TransportError as error:
            if not self._is_connected:
                raise self._client.unreachable(error) from error
            raise ServerUnreachable(f"the connection was lost: {error}") from error
        except ValueError as error:
            raise ServerRefused("the stream is not Agentcast's", status=200) from error

    async def _is_accepted(self, response: httpx2.Response) -> bool:
        if response.status_code == 204:
            self._is_over = True
            return False
        if not response.is_success:
            await response.aread()
            raise refusal(response)
        return True

    def _read(self, frame: httpx2.ServerSentEvent) -> list[ReceivedEvent | Notice]:
        match frame.event:
            case "connected":
                self._connected(frame)
            case "cursor":
                self._cursor = frame.id
            case "reset":
                self._cursor = frame.id or self._cursor
                return [Notice(text=_reset_text(_fields(frame)))]
            case "end":
                return self._ended(str(_fields(frame).get("reason")))
            case _ if frame.data:
                self._cursor = frame.id or self._cursor
                return [parsed_event(frame.data)]
            case _:
                pass
        return []

    def _connected(self, frame: httpx2.ServerSentEvent) -> None:
        self._is_connected = self._has_connected = True
        self._failures = 0
        if frame.retry is not None:
            self._retry_s = frame.retry / 1000
        cursor = frame.id or _fields(frame).get("cursor")
        if isinstance(cursor, str):
            self._cursor = cursor

    def _ended(self, reason: str) -> list[ReceivedEvent | Notice]:
        self._is_over = reason not in ("server_draining", "limit")
        if reason == "auth_expired":
            raise ServerRefused("the login has expired", status=401)
        return [] if reason == "task_finished" else [Notice(text=f"the stream ended: {reason}")]

    def _raise_unless_temporary(self, error: ServerUnreachable | ServerRefused) -> None:
        self._failures += 1
        if isinstance(error, ServerRefused):
            if not error.is_temporary:
                raise error
            self._retry_s = max(self._retry_s, error.retry_after_s or 0.0)
        elif not self._has_connected or self._failures >= _GIVE_UP_AFTER:
            raise error

    def _delay(self) -> float:
        growing = self._retry_s * float(2 ** min(self._failures, 6))
        return min(growing, max(_MAX_DELAY_S, self._retry_s)) * random.uniform(0.5, 1)


def _fields(frame: httpx2.ServerSentEvent) -> Json:
    fields: object = json.loads(frame.data or "{}")
    return fields if isinstance(fields, dict) else {}


def _reset_text(fields: Json) -> str:
    why = {
        "trimmed": "the log no longer goes back that far",
        "future": "the log does not reach that far",
        "diverged": "the log has another history",
    }.get(str(fields.get("reason")), "the log cannot go on from there")
    return f"reset: {why}; showing it from event {fields.get('first_seq', 'the first one')}"


async def follow_task(
    client: ServerClient, task_id: str, *, stream: EventStream, view: EventView
) -> int:
    """The exit code of the task; its status is requested if no final event was received."""
    final = await follow_stream(stream, view=view)
    if final is not None:
        return code_of(final)
    task = await client.task(task_id)
    return code_of_status(TaskStatus(str(task.get("status"))))


async def follow_stream(stream: EventStream, *, view: EventView) -> FinalEvent | None:
    """Returns the last final event."""
    final: FinalEvent | None = None
    async with aclosing(stream.items()) as items:
        async for item in items:
            if isinstance(item, Notice):
                view.notice(item.text)
                continue
            view.show(item)
            if isinstance(item.event, FinalEvent):
                final = item.event
    return final
