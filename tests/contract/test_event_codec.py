"""What every codec of events promises."""

import json
from datetime import UTC, datetime

import pytest

from adapters.wire import JsonEventCodec
from domain.events import AgentEvent, Origin
from domain.ids import AgentName, SessionId, SessionKey, Tag, TaskId
from domain.process_events import Log
from domain.task_events import Progress, TaskFailed
from ports.event_codec import EventCodec
from ports.event_log import StoredEvent

ORIGIN = Origin(
    session_key=SessionKey(1),
    session_id=SessionId("s"),
    task_id=TaskId("t"),
    agent=AgentName("shell"),
    attempt=1,
    lease_id=None,
)
AT = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
EVENTS: list[AgentEvent] = [
    Log(line="one", line_num=1, stream="pty"),
    Progress(message="half", percent=50.0),
    TaskFailed(error="no", reason="timeout", duration_ms=5),
]


@pytest.fixture(params=[JsonEventCodec])
def codec(request: pytest.FixtureRequest) -> EventCodec:
    made: EventCodec = request.param()
    return made


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_read_back_as_it_was_written(codec: EventCodec, event: AgentEvent) -> None:
    encoded = codec.encode(event, ORIGIN, at=AT, tag=Tag("0000002a"))

    assert codec.decode(encoded.at_seq(7)) == event


def test_the_seq_goes_into_the_gap_that_was_left_for_it(codec: EventCodec) -> None:
    body = codec.encode(EVENTS[0], ORIGIN, at=AT, tag=Tag("0000002a")).at_seq(7).body

    assert json.loads(body) == {
        "event_type": "log",
        "seq": 7,
        "timestamp": "2026-11-21T10:00:00.123456Z",
        "session_id": "s",
        "task_id": "t",
        "agent": "shell",
        "attempt": 1,
        "line": "one",
        "line_num": 1,
        "stream": "pty",
    }


def test_fields_that_this_version_does_not_know_are_ignored(codec: EventCodec) -> None:
    stored = codec.encode(EVENTS[0], ORIGIN, at=AT, tag=Tag("0000002a")).at_seq(7)
    newer = stored.body[:-1] + b',"of_tomorrow":1}'

    assert codec.decode(_with_body(stored, newer)) == EVENTS[0]


def _with_body(stored: StoredEvent, body: bytes) -> StoredEvent:
    return stored._replace(body=body)
