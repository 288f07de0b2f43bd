"""The stream of one session, or of several, whether they exist yet or not."""

from collections.abc import Sequence

from application.cursors.composite_cursor import CompositeCursor
from application.cursors.cursor import BEGINNING, Cursor, parse_cursor
from application.cursors.cursor_snapshots import CursorWriter
from application.watching.log_position import LogPosition, NewestEvents
from application.watching.log_reader import LogReader
from application.watching.log_readers import LogReaders
from application.watching.stream_request import FromCursor, Replay, Selection, StreamRequest
from application.watching.stream_sources import (
    Opening,
    StreamSources,
    Subscriber,
    first_steps,
    join,
)
from application.watching.stream_steps import Connected, EndReason, Reset
from application.watching.subscription import Place, Shareable, Subscription
from application.watching.tails import AwaitedSession, Tails, Wake
from domain.ids import SessionId, SessionKey
from ports.event_log import Bounds

_NO_EVENTS = Bounds(first_seq=1, last_seq=0)


class SessionSubscription(Subscription):
    """To sessions by name. One that does not exist yet is read from its beginning once it does."""

    def __init__(
        self,
        logs: LogReaders,
        awaited: Sequence[AwaitedSession],
        *,
        stream: tuple[str, str, SessionId] | None,
        tails: Tails,
        wake: Wake,
        selection: Selection,
    ) -> None:
        """`stream` is that of its `Place`; None unless all events of one session are wanted."""
        super().__init__(logs)
        self._awaited = list(awaited)
        self._stream = stream
        self._tails = tails
        self._wake = wake
        self._selection = selection

    @property
    def ending(self) -> EndReason | None:
        is_gone = not self._awaited and self.logs.are_all_deleted
        return "session_deleted" if is_gone else None

    @property
    def shareable(self) -> Shareable | None:
        return self if self._stream else None

    @property
    def place(self) -> Place | None:
        if self._stream is None:
            return None
        readers = self.logs.all()
        if not readers:
            return Place(self._stream, BEGINNING) if self._awaited else None
        return None if readers[0].has_more else Place(self._stream, readers[0].position)

    def fork(self, wake: Wake) -> Subscription:
        forked = LogReaders()
        for reader in self.logs.all():
            forked.add(reader.fork(wake))
        awaited = [
            self._tails.await_session(one.principal, one.session_id, wake) for one in self._awaited
        ]
        return SessionSubscription(
            forked,
            awaited,
            stream=self._stream,
            tails=self._tails,
            wake=wake,
            selection=self._selection,
        )

    def refresh(self) -> None:
        for awaited in tuple(self._awaited):
            if awaited.session_key is None:
                continue
            self._awaited.remove(awaited)
            reader = LogReader(
                self._tails.join(awaited.session_key, self._wake),
                tails=self._tails,
                wake=self._wake,
                position=BEGINNING,
                selection=self._selection,
            )
            self.logs.add(reader)

    def close(self) -> None:
        for awaited in self._awaited:
            self._tails.forget_session(awaited, self._wake)
            if awaited.session_key is not None:  # the tails joined for it when it appeared
                self._tails.leave(self._tails.join(awaited.session_key, self._wake), self._wake)
        super().close()


class SessionStream:
    def __init__(self, sources: StreamSources, subscriber: Subscriber) -> None:
        self._sources = sources
        self._subscriber = subscriber
        self._positions = LogPosition(sources.log)

    async def open(self, request: StreamRequest) -> Opening:
        principal = self._subscriber.principal
        is_plain = len(request.session_ids) == 1
        logs = LogReaders(None if is_plain else CursorWriter(self._sources.snapshots, principal))
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
                logs.add(reader)
                resets += [reset] if reset else []
        past: Sequence[LogReader] = ()
        if isinstance(request.start, Replay) and request.start.last is not None:
            past = logs.all()
            await NewestEvents(self._sources.log).advance(past, request.start.last)
        is_whole = is_plain and selection.admits_all
        subscription = SessionSubscription(
            logs,
            awaited,
            stream=(principal.tenant, principal.owner, request.session_ids[0])
            if is_whole
            else None,
            tails=self._sources.tails,
            wake=self._subscriber.wake,
            selection=selection,
        )
        connected = _connected(logs, request, bounds)
        steps = first_steps(connected, resets, request.start)
        return Opening(subscription=subscription, steps=steps, past=past if len(past) > 1 else ())

    async def _composite(self, request: StreamRequest) -> CompositeCursor | None:
        if not isinstance(request.start, FromCursor):
            return None
        return await self._sources.snapshots.read(self._subscriber.principal, request.start.cursor)

    async def _reader(
        self,
        session_id: SessionId,
        request: StreamRequest,
        cursor: CompositeCursor | None,
        selection: Selection,
    ) -> AwaitedSession | tuple[LogReader, Bounds, Reset | None]:
        principal, wake = self._subscriber.principal, self._subscriber.wake
        awaited = self._sources.tails.await_session(principal, session_id, wake)
        if awaited.is_missing and not isinstance(request.start, FromCursor):
            return awaited
        session_key = await self._sources.sessions.find_key(principal, session_id)
        if session_key is None:
            awaited.is_missing = True
            return awaited
        joined = await join(self._sources, self._subscriber, session_key)
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
    """For one session that does not exist: a cursor after an event of it has another history."""
    if len(request.session_ids) > 1 or not isinstance(request.start, FromCursor):
        return []
    if parse_cursor(request.start.cursor) == BEGINNING:
        return []
    return [Reset(reason="future", first_seq=1, last_seq=0)]


def _connected(logs: LogReaders, request: StreamRequest, bounds: Bounds) -> Connected:
    agent = request.agents[0] if len(request.agents) == 1 else None
    if not logs.has_plain_ids:
        return Connected(agent=agent, cursor=logs.cursor())
    return Connected(
        session_id=request.session_ids[0],
        agent=agent,
        cursor=logs.cursor(),
        first_seq=bounds.first_seq,
        last_seq=bounds.last_seq,
    )
