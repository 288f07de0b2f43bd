"""The watches of one WebSocket, each written by a task of its own."""

import asyncio
import logging
from collections.abc import Collection

from starlette.types import Scope

from adapters.http.problems.error_table import problem_of
from adapters.http.problems.problem import Problem
from adapters.http.websocket.answers import control_message, event_messages, refusal
from adapters.http.websocket.messages import WatchMessage
from adapters.http.websocket.outlet import WsOutlet
from adapters.http.websocket.watch_request import opening_problem, watch_request
from application.watching.stream_steps import Behind, End, Events, Idle, Step
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.errors import InvalidInput, Unavailable
from domain.principal import Principal

log = logging.getLogger(__name__)

MAX_WATCHES = 16
_REST_S = 15.0  # after which a client is told that its cursor has moved unseen


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
            await self._outlet.say(over)
            return
        writing = self._group.create_task(self._write(message.watch_id, watch))
        self._open[message.watch_id] = writing
        writing.add_done_callback(lambda _: self._watches.close(watch))

    async def stop(self, watch_id: str) -> None:
        """Nothing of it comes any more when this returns. Raises Problem."""
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
        except Unavailable as error:
            log.warning("a watch is cut short, its client may resume: %s", error)
            if problem := problem_of(error):
                await self._outlet.say(refusal(problem, self._scope, watch_id=watch_id))
        self._open.pop(watch_id, None)

    async def _took_turn(self, watch_id: str, watch: Watch) -> bool:
        """Whether that was the last one."""
        async with self._outlet.turn():
            step = watch.step()
            if not isinstance(step, Behind | Idle):
                await self._say(watch_id, step)
                return isinstance(step, End)
        if isinstance(step, Behind):
            await watch.read()
        elif not await watch.wait(timeout_s=_REST_S) and (moved := watch.rest()):
            await self._outlet.say(control_message(moved, watch_id=watch_id))
        return False

    async def _say(self, watch_id: str, step: Step) -> None:
        if isinstance(step, Events):
            messages = list(event_messages(step, watch_id=watch_id))
            self._watches.sent(events=len(messages), size=sum(map(len, messages)))
            await self._outlet.write(messages)
            self._watches.written(step.shown_at)
        elif not isinstance(step, Behind | Idle):
            await self._outlet.write([control_message(step, watch_id=watch_id)])
