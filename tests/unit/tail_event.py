"""An event as a watch passes it on; the first has the cursor `1-0000000a`."""

from adapters.http.streaming.frames import event_frame
from application.watching.tails import TailEvent
from domain.ids import AgentName, Tag, TaskId
from ports.event_log import StoredEvent


def tail_event(seq: int, body: bytes = b"{}") -> TailEvent:
    stored = StoredEvent(
        seq=seq,
        tag=Tag(f"{seq + 9:08x}"),
        event_type="log",
        task_id=TaskId("t"),
        agent=AgentName("shell"),
        body=body,
    )
    return TailEvent(stored, event_frame(stored))
