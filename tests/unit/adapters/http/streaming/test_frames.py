"""The frames of events: rendered once for a session, put together where cursors are of many."""

from adapters.http.streaming.frames import event_frames
from application.watching.stream_steps import Events
from application.watching.tails import TailEvent
from tests.unit.sse_parser import Dispatched, dispatched
from tests.unit.tail_event import tail_event


def test_the_events_of_one_session_are_written_as_they_were_rendered() -> None:
    stored = tail_event(1).stored

    frames = event_frames(Events([TailEvent(stored, b"one;"), TailEvent(stored, b"two;")]))

    assert frames == b"one;two;"


def test_the_events_of_many_sessions_have_the_cursor_of_all_for_their_id() -> None:
    events = [tail_event(1, b'{"line":"a"}'), tail_event(7, b'{"line":"b"}')]

    assert dispatched(event_frames(Events(events, ["m.1", "m.2"]))) == [
        Dispatched(event="log", data='{"line":"a"}', last_event_id="m.1"),
        Dispatched(event="log", data='{"line":"b"}', last_event_id="m.2"),
    ]


def test_a_frame_is_the_same_whichever_way_it_was_made() -> None:
    events = [tail_event(seq, b"{}") for seq in (1, 2, 3)]
    cursors = [cursor for _, cursor in Events(events).with_cursors()]

    assert cursors == ["1-0000000a", "2-0000000b", "3-0000000c"]
    assert event_frames(Events(events, cursors)) == event_frames(Events(events))
