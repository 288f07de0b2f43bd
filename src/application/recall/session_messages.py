"""The conversation of a session in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.recall.conversation import CONVERSATION_EVENTS, Conversation, ConversationMessage
from application.recall.session_origins import SessionOrigins
from domain.ids import SessionId, SessionKey
from domain.session import Session
from ports.event_codec import EventCodec
from ports.event_log import EventLog, StoredEvent

_READ_EVENTS = 200  # at a time: each may be as long as the result of a tool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePlace:
    """The place after a message: where to read its block again, and its own seq."""

    block: int = 0
    seq: int = 0
    forks_back: int | None = None
    """In which log: 0 is the session's own, 1 that of the session it was forked from, and so on;
    None is the beginning of the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMessage:
    message: ConversationMessage
    created_at: datetime
    inherited_from: SessionId | None = None
    """The session that the message comes from, if not this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    messages: Sequence[SessionMessage]
    next_place: MessagePlace | None = None
    """None when nothing follows this page yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A log that holds a part of the conversation."""

    session_key: SessionKey
    forks_back: int
    session_id: SessionId | None = None
    """None for the session's own."""
    last_seq: int | None = None
    """The last seq that belongs to the conversation; None for all."""


class SessionMessages:
    def __init__(self, *, log: EventLog, codec: EventCodec, origins: SessionOrigins) -> None:
        self._log = log
        self._codec = codec
        self._origins = origins

    async def page(self, session: Session, *, after: MessagePlace, limit: int) -> MessagePage:
        """Oldest first; the messages that a fork inherits come before its own.

        The last message of a running task may have more calls when it is read again.
        """
        found: list[tuple[_Source, ConversationMessage]] = []
        for source in await self._sources(session, after):
            start = after if source.forks_back == after.forks_back else MessagePlace()
            messages = await self._read(source, start, limit - len(found))
            found += [(source, one) for one in messages]
            if len(found) > limit:
                break
        page = found[:limit]
        return MessagePage(
            messages=[self._message(source, one) for source, one in page],
            next_place=_place_after(*page[-1]) if len(found) > limit else None,
        )

    async def _sources(self, session: Session, after: MessagePlace) -> Sequence[_Source]:
        """The logs that are still to be read, oldest first."""
        own = _Source(session_key=session.session_key, forks_back=0)
        if after.forks_back == 0:
            return [own]
        origins = await self._origins.of(session.principal, session.session_id)
        inherited = [
            _Source(
                session_key=origin.session_key,
                forks_back=len(origins) - at,
                session_id=origin.session_id,
                last_seq=origin.last_seq,
            )
            for at, origin in enumerate(origins)
        ]
        return [
            source
            for source in (*inherited, own)
            if after.forks_back is None or source.forks_back <= after.forks_back
        ]

    async def _read(
        self, source: _Source, after: MessagePlace, limit: int
    ) -> Sequence[ConversationMessage]:
        conversation = Conversation(after=after.block)
        at = after.block
        while True:
            events = await self._events(source, at)
            for stored in events:
                if stored.body:
                    conversation.take(stored, self._codec.decode(stored))
            new = [one for one in conversation.messages if one.seq > after.seq]
            is_open = len(conversation.messages) - conversation.settled
            if not events or len(new) - is_open > limit:
                return new
            at = events[-1].seq

    async def _events(self, source: _Source, after: int) -> Sequence[StoredEvent]:
        events = await self._log.find(
            source.session_key, event_types=CONVERSATION_EVENTS, after=after, limit=_READ_EVENTS
        )
        if source.last_seq is None:
            return events
        return [event for event in events if event.seq <= source.last_seq]

    def _message(self, source: _Source, message: ConversationMessage) -> SessionMessage:
        return SessionMessage(
            message=message,
            created_at=self._codec.recorded_at(message.event),
            inherited_from=source.session_id,
        )


def _place_after(source: _Source, message: ConversationMessage) -> MessagePlace:
    return MessagePlace(block=message.block, seq=message.seq, forks_back=source.forks_back)
