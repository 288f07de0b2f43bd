"""The watches of one WebSocket, each written by a task of its own, one batch at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager

from pydantic import ValidationError
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from adapters.http.middleware.error_boundary import unexpected
from adapters.http.problems.error_table import problem_of
from adapters.http.problems.problem import Problem, field_problem
from adapters.http.requests.stream_query import FilteredStreamQuery, ids_of, start_in
from adapters.http.requests.validation_problem import validation_problem
from adapters.http.websocket.messages import WatchMessage, control_message, event_messages, refusal
from application.watching.stream_request import StreamRequest
from application.watching.stream_steps import Behind, End, Events, Idle, Step
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.errors import InvalidCursor, InvalidInput, Unavailable
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import Principal

log = logging.getLogger(__name__)

MAX_WATCHES = 16
_REST_S = 15.0  # of silence, after which a cursor that has moved is sent
_LISTS = frozenset({"session_id", "agent_id", "task_id", "types"})
_FIELDS = _LISTS | {"after", "since", "replay", "deltas"}


class WsOutlet:
    """The one way out to a client: whoever holds the turn writes, the others wait for it.

    A client that does not read holds up its own connection only; nothing is buffered for it.
    """

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator["WsOutlet"]:
        """Take what is to be written inside, so that only one batch of it is in memory."""
        async with self._turn:
            yield self

    async def write(self, texts: Iterable[str]) -> None:
        """Only in one's turn. Raises WebSocketDisconnect when the client has gone."""
        for text in texts:
            if self._socket.application_state is WebSocketState.DISCONNECTED:
                raise WebSocketDisconnect(1006)  # Starlette raises it for the first send only
            await self._socket.send_text(text)

    async def send(self, text: str) -> None:
        async with self._turn:
            await self.write((text,))


def watch_request(fields: Mapping[str, object]) -> StreamRequest:
    """Raises Problem, and InvalidInput for a type that no event has."""
    if unknown := fields.keys() - _FIELDS:
        raise field_problem(
            status=400,
            code="invalid_parameter",
            field=min(unknown),
            message="there is no such field here",
        )
    query = _checked({name: _as_in_a_query(name, value) for name, value in fields.items()})
    return StreamRequest(
        session_ids=tuple(map(SessionId, ids_of(query.session_id))),
        agents=tuple(map(AgentName, ids_of(query.agent_id))),
        task_ids=tuple(map(TaskId, ids_of(query.task_id))),
        event_types=query.wanted_types,
        start=start_in(query),
    )


def opening_problem(error: InvalidInput) -> Problem:
    """What a stream answers over HTTP to the same."""
    is_cursor = isinstance(error, InvalidCursor)
    return field_problem(
        status=400,
        code="invalid_cursor" if is_cursor else "invalid_parameter",
        field="after" if is_cursor else error.field,
        message=str(error),
    )


def _as_in_a_query(name: str, value: object) -> object:
    match value:
        case list() if name in _LISTS and all(isinstance(item, str) for item in value):
            return ",".join(value)
        case bool() if name == "deltas":
            return int(value)
        case int() if name == "replay" and not isinstance(value, bool):
            return str(value)
        case str():
            return value
        case int() if name == "deltas":
            return value
        case _:
            raise field_problem(
                status=400,
                code="invalid_parameter",
                field=name,
                message="should be a string" + (" or a list of them" if name in _LISTS else ""),
            )


def _checked(fields: Mapping[str, object]) -> FilteredStreamQuery:
    try:
        return FilteredStreamQuery.model_validate(fields)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        located = [{**finding, "loc": ("query", *finding["loc"])} for finding in findings]
        raise validation_problem(located) from error


class WsWatches:
    def __init__(
        self,
        outlet: WsOutlet,
        *,
        scope: Scope,
        principal: Principal,
        watches: Watches,
        group: asyncio.TaskGroup,
    ) -> None:
        self._outlet = outlet
        self._scope = scope
        self._principal = principal
        self._watches = watches
        self._group = group
        self._open: dict[str, asyncio.Task[None]] = {}

    async def start(self, message: WatchMessage) -> None:
        """Raises Problem."""
        self._check(message.watch_id)
        try:
            request = watch_request(message.fields)
            watch = await self._watches.open(self._principal, request)
        except InvalidInput as error:
            raise opening_problem(error) from error
        if watch is None:  # all that was asked for is over and read
            over = control_message(End("task_finished"), watch_id=message.watch_id)
            await self._outlet.send(over)
            return
        writing = self._group.create_task(self._write(message.watch_id, watch))
        self._open[message.watch_id] = writing
        writing.add_done_callback(lambda _: self._watches.close(watch))

    async def stop(self, watch_id: str) -> None:
        """When this returns, nothing of it is sent any more. Raises Problem."""
        if (writing := self._open.pop(watch_id, None)) is None:
            raise Problem(
                status=404, code="watch_not_found", detail="There is no watch of that id here."
            )
        writing.cancel()
        await asyncio.wait({writing})

    async def all_ended(self) -> None:
        while self._open:
            await asyncio.wait(self._open.values())

    def tasks(self) -> Collection[asyncio.Task[None]]:
        return self._open.values()

    def _check(self, watch_id: str) -> None:
        if watch_id in self._open:
            raise Problem(
                status=409,
                code="watch_exists",
                detail="There is a watch of that id here: give it another id, or unwatch it first.",
            )
        if len(self._open) >= MAX_WATCHES:
            raise Problem(
                status=429,
                code="too_many_watches",
                detail=f"A connection may have at most {MAX_WATCHES} watches.",
            )

    async def _write(self, watch_id: str, watch: Watch) -> None:
        try:
            while not await self._took_turn(watch_id, watch):
                pass
        except WebSocketDisconnect:
            raise
        except Unavailable as error:
            log.warning("a watch is cut short, its client may resume: %s", error)
            await self._refuse(watch_id, problem_of(error) or unexpected())
        except Exception:  # boundary: what a watch raises ends none of the others
            log.exception("a watch has failed, its client may resume")
            await self._refuse(watch_id, unexpected())
        self._open.pop(watch_id, None)

    async def _refuse(self, watch_id: str, problem: Problem) -> None:
        await self._outlet.send(refusal(problem, self._scope, watch_id=watch_id))

    async def _took_turn(self, watch_id: str, watch: Watch) -> bool:
        """One step, sent in a turn of this connection; whether it was the last one."""
        async with self._outlet.turn():
            step = watch.step()
            if not isinstance(step, Behind | Idle):
                await self._send(watch_id, step)
                return isinstance(step, End)
        if isinstance(step, Behind):
            await watch.read()
        elif not await watch.wait(timeout_s=_REST_S) and (moved := watch.rest()):
            await self._outlet.send(control_message(moved, watch_id=watch_id))
        return False

    async def _send(self, watch_id: str, step: Step) -> None:
        if isinstance(step, Events):
            messages = list(event_messages(step, watch_id=watch_id))
            self._watches.sent(events=len(messages), size=sum(map(len, messages)))
            await self._outlet.write(messages)
            self._watches.written(step.shown_at)
        elif not isinstance(step, Behind | Idle):
            await self._outlet.write([control_message(step, watch_id=watch_id)])
