"""Opens the stream of one session, or of several, whether they exist yet or not."""

from collections.abc import Sequence

from application.cursors.composite_cursor import CompositeCursor
from application.cursors.cursor import BEGINNING, Cursor, parse_cursor
from application.cursors.cursor_writer import CursorWriter
from application.watching.log_position import LogPosition, NewestEvents
from application.watching.log_reader import LogReader
from application.watching.log_readers import LogReaders
from application.watching.session_subscription import SessionSubscription
from application.watching.stream_request import FromCursor, Replay, Selection, StreamRequest
from application.watching.stream_sources import Asker, Opening, StreamSources, first_steps, join
from application.watching.stream_steps import Connected, Reset
from application.watching.tails import AwaitedSession
from domain.ids import SessionId, SessionKey
from ports.event_log import Bounds

_NO_EVENTS = Bounds(first_seq=1, last_seq=0)


class SessionStream:
    def __init__(self, sources: StreamSources, asker: Asker) -> None:
        self._sources = sources
        self._asker = asker
        self._positions = LogPosition(sources.log)

    async def open(self, request: StreamRequest) -> Opening:
        is_plain = len(request.session_ids) == 1
        cursors = CursorWriter(self._sources.shelf, self._asker.principal)
        readers = LogReaders(has_plain_ids=is_plain, write=cursors.write)
        selection = Selection(agents=frozenset(request.agents), event_types=request.event_types)
        cursor = await self._composite(request) if not is_plain else None
        resets: list[Reset] = []
        awaited: list[AwaitedSession] = []
        bounds = _NO_EVENTS
        for session_id in request.session_ids:
            one = await self._reader(session_id, request, cursor, selection)
            if isinstance(one, AwaitedSession):
                awaited.append(one)
                resets += _reset_of_nothing(request)
            else:
                reader, bounds, reset = one
                readers.add(reader)
                resets += [reset] if reset else []
        past: Sequence[LogReader] = ()
        if isinstance(request.start, Replay) and request.start.last is not None:
            past = readers.all()
            await NewestEvents(self._sources.log).advance(past, request.start.last)
        principal = self._asker.principal
        subscription = SessionSubscription(
            readers,
            awaited,
            stream=(principal.tenant, principal.owner, request.session_ids[0])
            if is_plain
            else None,
            tails=self._sources.tails,
            wake=self._asker.wake,
            selection=selection,
        )
        connected = _connected(readers, request, bounds)
        steps = first_steps(connected, resets, request.start)
        return Opening(subscription=subscription, steps=steps, past=past if len(past) > 1 else ())

    async def _composite(self, request: StreamRequest) -> CompositeCursor | None:
        if not isinstance(request.start, FromCursor):
            return None
        return await self._sources.shelf.read(self._asker.principal, request.start.cursor)

    async def _reader(
        self,
        session_id: SessionId,
        request: StreamRequest,
        cursor: CompositeCursor | None,
        selection: Selection,
    ) -> AwaitedSession | tuple[LogReader, Bounds, Reset | None]:
        principal, wake = self._asker.principal, self._asker.wake
        awaited = self._sources.tails.await_session(principal, session_id, wake)
        if awaited.is_missing and not isinstance(request.start, FromCursor):
            return awaited
        session_key = await self._sources.sessions.find_key(principal, session_id)
        if session_key is None:
            awaited.is_missing = True
            return awaited
        joined = await join(self._sources, self._asker, session_key)
        if joined is None:
            return awaited
        self._sources.tails.forget_session(awaited, wake)
        tail, bounds = joined
        position, reset = await self._position(session_key, bounds, request, cursor)
        reader = LogReader(
            tail,
            tails=self._sources.tails,
            wake=wake,
            position=position,
            selection=selection,
        )
        return reader, bounds, reset

    async def _position(
        self,
        session_key: SessionKey,
        bounds: Bounds,
        request: StreamRequest,
        composite: CompositeCursor | None,
    ) -> tuple[Cursor, Reset | None]:
        if not isinstance(request.start, FromCursor):
            return await self._positions.at(session_key, bounds, request.start), None
        if len(request.session_ids) == 1:
            cursor = parse_cursor(request.start.cursor)
            return await self._positions.resumed(session_key, bounds, cursor)
        if composite is None:
            return BEGINNING, Reset(reason="trimmed")
        at = composite.positions.get(session_key)
        if at is None or at.seq == 0:  # it did not exist, or had no events, at that time
            return BEGINNING, None
        position, reset = await self._positions.resumed(session_key, bounds, at)
        return position, Reset(reason=reset.reason) if reset else None


def _reset_of_nothing(request: StreamRequest) -> list[Reset]:
    """A cursor behind an event of a session that does not exist is of another history."""
    if len(request.session_ids) > 1 or not isinstance(request.start, FromCursor):
        return []
    if parse_cursor(request.start.cursor) == BEGINNING:
        return []
    return [Reset(reason="future", first_seq=1, last_seq=0)]


def _connected(readers: LogReaders, request: StreamRequest, bounds: Bounds) -> Connected:
    agent = request.agents[0] if len(request.agents) == 1 else None
    if not readers.has_plain_ids:
        return Connected(agent=agent, cursor=readers.cursor())
    return Connected(
        session_id=request.session_ids[0],
        agent=agent,
        cursor=readers.cursor(),
        first_seq=bounds.first_seq,
        last_seq=bounds.last_seq,
    )
