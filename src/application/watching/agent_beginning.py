"""Finds where the stream of agents begins in each session that they work in."""

from application.cursors.composite_cursor import CompositeCursor
from application.cursors.cursor import BEGINNING
from application.watching.agent_subscription import AgentSubscription
from application.watching.agent_tasks import AgentTasks
from application.watching.log_position import LogPosition
from application.watching.log_readers import LogReaders
from application.watching.stream_request import FromCursor, FromNow, Replay, Since, Start
from application.watching.stream_sources import Asker, StreamSources
from application.watching.stream_steps import Reset
from domain.ids import SessionKey
from domain.task import Task


class AgentBeginning:
    def __init__(
        self,
        sources: StreamSources,
        asker: Asker,
        *,
        subscription: AgentSubscription,
        readers: LogReaders,
        tasks: AgentTasks,
        positions: LogPosition,
    ) -> None:
        self._sources = sources
        self._asker = asker
        self._subscription = subscription
        self._readers = readers
        self._tasks = tasks
        self._positions = positions

    async def begin(self, start: Start) -> list[Reset]:
        if not isinstance(start, FromCursor):
            await self._begin_at(start)
            return []
        cursor = await self._sources.shelf.read(self._asker.principal, start.cursor)
        if cursor is None:
            return await self._begin_anew(Reset(reason="trimmed"))
        if not await self._tasks.has_given(cursor.horizon):
            return await self._begin_anew(Reset(reason="diverged"))
        return await self._resume(cursor)

    async def _begin_anew(self, reset: Reset) -> list[Reset]:
        await self._begin_at(Replay(None))
        return [reset]

    async def _begin_at(self, start: FromNow | Since | Replay) -> None:
        self._readers.horizon = await self._tasks.horizon()
        if not isinstance(start, FromNow):
            async for page in self._tasks.all():
                for task in page:
                    await self._add(task, start)
            return
        for task in await self._tasks.unfinished():
            await self._add(task, start)
        # What has just ended stands in the cursor, or a resume would take it for new.
        for task in await self._tasks.made_after(self._readers.horizon):
            await self._add(task, start)

    async def _add(self, task: Task, start: FromNow | Since | Replay) -> None:
        """The first task of a session asks for its place; the others are in it as well."""
        if task.session_key not in self._readers:
            bounds = await self._sources.log.bounds(task.session_key)
            if bounds is None:
                return
            at = await self._positions.at(task.session_key, bounds, start)
            self._subscription.follow(task.session_key, at=at)
        self._subscription.know(task)

    async def _resume(self, cursor: CompositeCursor) -> list[Reset]:
        self._readers.horizon = cursor.horizon
        named = await self._sources.sessions.owned(self._asker.principal, list(cursor.positions))
        resets: list[Reset] = []
        for session_key in named:
            resets += await self._follow(session_key, cursor)
        for task in await self._tasks.unfinished():
            if task.session_key in self._readers:
                self._subscription.know(task)
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
