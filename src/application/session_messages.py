"""The conversation of a session for those who look at it, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.conversation import TOLD_IN, Conversation, Said
from domain.ids import SessionKey
from ports.event_codec import EventCodec
from ports.event_log import EventLog

_READ_EVENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePlace:
    """Behind a message: from where its block can be read again, and its own seq."""

    block: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMessage:
    said: Said
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    messages: Sequence[SessionMessage]
    next_place: MessagePlace | None = None
    """None when there is nothing behind this page yet."""


class SessionMessages:
    def __init__(self, *, log: EventLog, codec: EventCodec) -> None:
        self._log = log
        self._codec = codec

    async def page(
        self, session_key: SessionKey, *, after: MessagePlace, limit: int
    ) -> MessagePage:
        """Oldest first. A message that is still being said may have more calls when asked again."""
        said = await self._read(session_key, after, limit)
        page = said[:limit]
        last = page[-1] if len(said) > limit else None
        return MessagePage(
            messages=[
                SessionMessage(said=one, created_at=self._codec.recorded_at(one.event))
                for one in page
            ],
            next_place=MessagePlace(block=last.block, seq=last.seq) if last else None,
        )

    async def _read(
        self, session_key: SessionKey, after: MessagePlace, limit: int
    ) -> Sequence[Said]:
        conversation = Conversation(after=after.block)
        at = after.block
        while True:
            events = await self._log.read(session_key, after=at, limit=_READ_EVENTS)
            for stored in events:
                if stored.event_type in TOLD_IN and stored.body:
                    conversation.take(stored, self._codec.decode(stored))
            new = [one for one in conversation.said if one.seq > after.seq]
            is_open = len(conversation.said) - conversation.settled
            if not events or len(new) - is_open > limit:
                return new
            at = events[-1].seq
