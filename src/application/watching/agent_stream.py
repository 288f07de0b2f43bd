"""Opens the stream of agents, over all the sessions that they work in."""

from collections.abc import Sequence

from application.cursors.composite_cursor import CompositeCursor
from application.cursors.cursor import BEGINNING
from application.cursors.cursor_snapshots import CursorWriter
from application.watching.agent_subscription import AgentSubscription
from application.watching.agent_tasks import AgentTasks
from application.watching.log_position import LogPosition, NewestEvents
from application.watching.log_reader import LogReader
from application.watching.log_readers import LogReaders
from application.watching.stream_request import (
    FromCursor,
    FromNow,
    Replay,
    Selection,
    Since,
    Start,
    StreamRequest,
)
from application.watching.stream_sources import Opening, StreamSources, Subscriber, first_steps
from application.watching.stream_steps import Connected, Reset
from domain.ids import SessionKey
from domain.principal import Principal
from domain.task import Task


class AgentStream:
    def __init__(self, sources: StreamSources, subscriber: Subscriber) -> None:
        self._sources = sources
        self._subscriber = subscriber

    async def open(self, request: StreamRequest) -> Opening:
        principal = self._subscriber.principal
        logs = LogReaders(CursorWriter(self._sources.snapshots, principal))
        tasks = AgentTasks(
            self._sources.tasks, self._sources.feed, principal=principal, agents=request.agents
        )
        positions = LogPosition(self._sources.log)
        subscription = AgentSubscription(
            logs,
            principal=principal,
            selection=Selection(agents=frozenset(request.agents), event_types=request.event_types),
            tasks=tasks,
            positions=positions,
            tails=self._sources.tails,
            wake=self._subscriber.wake,
        )
        beginning = _Beginning(
            self._sources,
            self._subscriber.principal,
            subscription=subscription,
            tasks=tasks,
            positions=positions,
        )
        try:
            resets = await beginning.begin(request.start)
            await subscription.catch_up()
            past: Sequence[LogReader] = ()
            if isinstance(request.start, Replay) and request.start.last is not None:
                past = logs.all()
                await NewestEvents(self._sources.log).advance(past, request.start.last)
            await logs.make_room()
        except BaseException:
            subscription.close()
            raise
        agent = request.agents[0] if len(request.agents) == 1 else None
        connected = Connected(agent=agent, cursor=logs.cursor())
        steps = first_steps(connected, resets, request.start)
        return Opening(subscription=subscription, steps=steps, past=past)


class _Beginning:
    """Finds where the stream begins in each of the sessions."""

    def __init__(
        self,
        sources: StreamSources,
        principal: Principal,
        *,
        subscription: AgentSubscription,
        tasks: AgentTasks,
        positions: LogPosition,
    ) -> None:
        self._sources = sources
        self._principal = principal
        self._subscription = subscription
        self._logs = subscription.logs
        self._tasks = tasks
        self._positions = positions

    async def begin(self, start: Start) -> list[Reset]:
        if not isinstance(start, FromCursor):
            await self._begin_at(start)
            return []
        cursor = await self._sources.snapshots.read(self._principal, start.cursor)
        if cursor is None:
            return await self._begin_anew(Reset(reason="trimmed"))
        if not await self._tasks.is_of_this_store(cursor.horizon):
            return await self._begin_anew(Reset(reason="diverged"))
        return await self._resume(cursor)

    async def _begin_anew(self, reset: Reset) -> list[Reset]:
        await self._begin_at(Replay(None))
        return [reset]

    async def _begin_at(self, start: FromNow | Since | Replay) -> None:
        self._logs.horizon = await self._tasks.horizon()
        if not isinstance(start, FromNow):
            async for page in self._tasks.all():
                for task in page:
                    await self._add(task, start)
            return
        for task in await self._tasks.unfinished():
            await self._add(task, start)
        # Also those that ended just now: not in the cursor, they would be new to a resumed stream.
        for task in await self._tasks.made_after(self._logs.horizon):
            await self._add(task, start)

    async def _add(self, task: Task, start: FromNow | Since | Replay) -> None:
        """The place in a session is looked up for its first task, and serves the others too."""
        if task.session_key not in self._logs:
            bounds = await self._sources.log.bounds(task.session_key)
            if bounds is None:
                return
            at = await self._positions.at(task.session_key, bounds, start)
            self._subscription.follow(task.session_key, at=at)
        self._subscription.track(task)

    async def _resume(self, cursor: CompositeCursor) -> list[Reset]:
        self._logs.horizon = cursor.horizon
        named = await self._sources.sessions.owned(self._principal, list(cursor.positions))
        resets: list[Reset] = []
        for session_key in named:
            resets += await self._follow(session_key, cursor)
        for task in await self._tasks.unfinished():
            if task.session_key in self._logs:
                self._subscription.track(task)
        for task in await self._tasks.made_after(cursor.horizon):
            await self._subscription.join(task)
        return resets

    async def _follow(self, session_key: SessionKey, cursor: CompositeCursor) -> list[Reset]:
        bounds = await self._sources.log.bounds(session_key)
        at = cursor.positions[session_key]
        if bounds is None:
            return []
        if at.seq == 0:
            self._subscription.follow(session_key, at=BEGINNING)
            return []
        position, reset = await self._positions.resumed(session_key, bounds, at)
        self._subscription.follow(session_key, at=position)
        return [Reset(reason=reset.reason)] if reset else []
