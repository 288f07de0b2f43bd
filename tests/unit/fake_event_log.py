"""An event log of one session, in which a test can make gaps."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from domain.ids import AgentName, SessionKey, Tag, TaskId
from ports.event_log import Append, Bounds, Recorded, StoredEvent

KEY = SessionKey(1)
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def event(seq: int, *, kind: str = "log", task: str = "t") -> StoredEvent:
    return StoredEvent(
        seq=seq,
        tag=Tag(f"{seq:08x}"),
        event_type=kind,
        task_id=TaskId(task),
        agent=AgentName("shell"),
        body=b"%d" % seq,
    )


class FakeEventLog:
    """`last_seq` stays as it was when events are taken out of `events`."""

    def __init__(self, *events: StoredEvent) -> None:
        self.events = {event.seq: event for event in events}
        self.last_seq = max(self.events)
        self.first_seq = min(self.events)
        self.reads: list[int] = []

    def trim(self, *, until: int) -> None:
        self.events = {seq: event for seq, event in self.events.items() if seq > until}
        self.first_seq = until + 1

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        self.reads.append(after)
        found: list[StoredEvent] = []
        for seq in sorted(seq for seq in self.events if seq > after)[:limit]:
            if found and seq != found[-1].seq + 1:
                break
            found.append(self.events[seq])
        return found

    async def find(
        self, session_key: SessionKey, *, event_types: Collection[str], after: int, limit: int
    ) -> Sequence[StoredEvent]:
        chosen = (seq for seq in sorted(self.events) if seq > after)
        found = [self.events[seq] for seq in chosen if self.events[seq].event_type in event_types]
        return found[:limit]

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        return Bounds(first_seq=self.first_seq, last_seq=self.last_seq)

    async def tag_at(self, session_key: SessionKey, seq: int) -> Tag | None:
        return self.events[seq].tag if seq in self.events else None

    async def last_seqs(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        return dict.fromkeys(keys, self.last_seq)

    async def newest(
        self, session_key: SessionKey, *, below: int, limit: int
    ) -> Sequence[Recorded]:
        seqs = sorted((seq for seq in self.events if seq < below), reverse=True)[:limit]
        return [self._recorded(self.events[seq]) for seq in seqs]

    async def seq_before(self, session_key: SessionKey, at: datetime) -> int:
        """Event n was recorded n seconds after `AT`."""
        seconds = (at - AT).total_seconds()
        return next((seq - 1 for seq in sorted(self.events) if seq >= seconds), self.last_seq)

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        raise NotImplementedError

    def _recorded(self, event: StoredEvent) -> Recorded:
        at = AT + timedelta(seconds=event.seq)
        return Recorded(event.seq, at, event.event_type, event.task_id, event.agent, True)
