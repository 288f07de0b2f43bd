"""Opens the stream of agents, over all the sessions they work in."""

from application.agent_scope import AgentScope, horizon_us
from application.composite_cursor import CompositeCursor
from application.cursor import Cursor
from application.cursor_writer import CursorWriter
from application.log_position import LogPosition
from application.selection import Selection
from application.settled_scope import SettledScope
from application.strand import before, beginning
from application.strand_set import StrandSet
from application.stream_request import FromCursor, FromNow, Replay, Since, StreamRequest
from application.stream_sources import Asker, Opening, StreamSources
from application.stream_steps import Connected, Reset
from domain.ids import SessionKey
from domain.task import Task


class AgentStream:
    def __init__(self, sources: StreamSources, asker: Asker) -> None:
        self._sources = sources
        self._asker = asker
        self._positions = LogPosition(sources.log)

    async def open(self, request: StreamRequest) -> Opening:
        cursors = CursorWriter(self._sources.shelf, self._asker.principal)
        strands = StrandSet(has_plain_ids=False, write=cursors.write)
        scope = AgentScope(
            strands,
            principal=self._asker.principal,
            selection=Selection(agents=frozenset(request.agents), event_types=request.event_types),
            tasks=self._sources.tasks,
            tails=self._sources.tails,
            wake=self._asker.wake,
            clock=self._sources.clock,
        )
        strands.horizon_us = horizon_us(self._sources.clock.now())
        try:
            resets = await self._begin(scope, strands, request)
            await scope.catch_up()
            settled = SettledScope(scope, cursors)
            await settled.settle()
        except BaseException:
            scope.close()
            raise
        agent = request.agents[0] if len(request.agents) == 1 else None
        connected = Connected(agent=agent, cursor=strands.cursor())
        return Opening(scope=settled, steps=[connected, *resets[:1]])

    async def _begin(
        self, scope: AgentScope, strands: StrandSet, request: StreamRequest
    ) -> list[Reset]:
        start = request.start
        if not isinstance(start, FromCursor):
            await self._begin_at(scope, strands, start)
            return []
        cursor = await self._sources.shelf.read(self._asker.principal, start.cursor)
        if cursor is None:
            await self._begin_at(scope, strands, Replay(None))
            return [Reset(reason="trimmed")]
        return await self._resume(scope, strands, cursor)

    async def _begin_at(
        self, scope: AgentScope, strands: StrandSet, start: FromNow | Since | Replay
    ) -> None:
        for task in reversed(await scope.tasks_since(None)):
            is_old = task.status.is_final and _made_us(task) < strands.horizon_us
            if isinstance(start, FromNow) and is_old:
                scope.pass_over(task)
            else:  # what has just ended stands in the cursor, or a resume would take it for new
                scope.add(task, at=await self._position(task, start))

    async def _position(self, task: Task, start: FromNow | Since | Replay) -> Cursor:
        bounds = await self._sources.log.bounds(task.session_key)
        if bounds is None:
            return beginning()
        return await self._positions.at(task.session_key, bounds, start)

    async def _resume(
        self, scope: AgentScope, strands: StrandSet, cursor: CompositeCursor
    ) -> list[Reset]:
        strands.horizon_us = cursor.horizon_us
        named = await self._sources.sessions.owned(self._asker.principal, list(cursor.positions))
        resets: list[Reset] = []
        for task in reversed(await scope.tasks_since(None)):
            if task.session_key in named:
                at, reset = await self._resumed(task.session_key, cursor)
                resets += [reset] if reset else []
                scope.add(task, at=at)
            elif _made_us(task) < cursor.horizon_us:
                scope.pass_over(task)
            else:
                scope.add(task, at=before(task.first_seq))
        return resets

    async def _resumed(
        self, session_key: SessionKey, cursor: CompositeCursor
    ) -> tuple[Cursor, Reset | None]:
        bounds = await self._sources.log.bounds(session_key)
        at = cursor.positions[session_key]
        if bounds is None or at.seq == 0:
            return beginning(), None
        position, reset = await self._positions.resumed(session_key, bounds, at)
        return position, Reset(reason=reset.reason) if reset else None


def _made_us(task: Task) -> int:
    return round(task.created_at.timestamp() * 1e6)
