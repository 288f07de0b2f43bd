"""Events to JSON and back."""

from datetime import datetime
from typing import Protocol

from domain.events import AgentEvent, Origin
from domain.ids import Tag
from ports.event_log import EncodedEvent, StoredEvent


class EventCodec(Protocol):
    def encode(self, event: AgentEvent, origin: Origin, *, at: datetime, tag: Tag) -> EncodedEvent:
        """Encode once, with a gap for the seq.

        The JSON is one line of ASCII of at most 256 KiB; a longer event has its longest texts
        cut and has `truncated: true`. Text that Unicode cannot encode is replaced, never refused.
        """

    def decode(self, stored: StoredEvent) -> AgentEvent:
        """The event of a body; unknown fields are ignored."""

    def recorded_at(self, stored: StoredEvent) -> datetime:
        """When the event was recorded. Not to be called for one that was compacted away."""
