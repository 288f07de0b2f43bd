"""An event's JSON and its frame: the same on every route, whatever the event holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.http.answers.links import call_output_path
from adapters.http.streaming.frames import event_frame
from adapters.wire import MAX_EVENT_BYTES, JsonEventCodec, timestamp
from domain.events import EVENT_CLASSES, AgentEvent
from domain.ids import AgentName, SessionId, Tag
from domain.process_events import Log
from domain.task_events import TaskComplete, TaskFailed, TaskInterrupted
from domain.tool_events import ToolCallComplete, ToolCallStart
from domain.usage import Usage
from ports.event_log import StoredEvent
from tests.unit.event_strategies import ANY_TEXT, CLEAN_TEXT, ORIGIN, events_of, json_values
from tests.unit.sse_parser import Dispatched, dispatched, strict_json

AT = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
TAG = Tag("9f1c03ab")
CODEC = JsonEventCodec()
CLASSES = pytest.mark.parametrize("event_class", EVENT_CLASSES.values(), ids=EVENT_CLASSES)


def stored(event: AgentEvent, *, seq: int = 42) -> StoredEvent:
    return CODEC.encode(event, ORIGIN, at=AT, tag=TAG).at_seq(seq)


def wire_of(event: AgentEvent) -> Mapping[str, object]:
    """Its JSON, without the fields of every event."""
    body = strict_json(stored(event).body)
    envelope = ("event_type", "seq", "timestamp", "session_id", "task_id", "agent", "attempt")
    return {name: value for name, value in body.items() if name not in envelope}


def test_a_frame_is_id_event_and_one_line_of_data() -> None:
    line = Log(line="héllo\n", line_num=1, stream="pty")

    assert event_frame(stored(line)) == (
        b"id: 42-9f1c03ab\n"
        b"event: log\n"
        b'data: {"event_type":"log","seq":42,"timestamp":"2026-11-21T10:00:00.123456Z",'
        b'"session_id":"s","task_id":"task_1","agent":"react","attempt":1,'
        b'"line":"h\\u00e9llo\\n","line_num":1,"stream":"pty"}\n\n'
    )


def test_what_has_no_value_is_left_out_at_every_depth() -> None:
    usage = Usage(input_tokens=1, output_tokens=2, total_tokens=3)

    assert wire_of(TaskComplete(final_answer="", duration_ms=0, usage=usage)) == {
        "final_answer": "",
        "duration_ms": 0,
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    }


def test_arguments_of_a_tool_are_encoded_unchanged() -> None:
    arguments = {"none": None, "no": False, "list": [1, 2.5, {"x": ""}]}

    assert wire_of(ToolCallStart(call_id="c", tool_name="t", arguments=arguments)) == {
        "call_id": "c",
        "tool_name": "t",
        "arguments": arguments,
    }


@pytest.mark.parametrize("call_id", ["call_1", "a/b", "ü", "c" * 5000, "/" * 1000])
@pytest.mark.parametrize(
    ("result", "truncated", "is_cut"),
    [("x", None, False), ("x", True, True), ("é" * MAX_EVENT_BYTES, None, True)],
)
def test_a_result_that_was_cut_links_to_all_of_it(
    call_id: str, result: str, truncated: bool | None, is_cut: bool
) -> None:
    codec = JsonEventCodec(call_output_path)
    event = ToolCallComplete(
        call_id=call_id,
        tool_name="t",
        status="ok",
        result=result,
        truncated=truncated,
        duration_ms=0,
    )

    body = codec.encode(event, ORIGIN, at=AT, tag=TAG).at_seq(42).body

    is_linked = is_cut and len(call_id) < 100
    link = call_output_path("task_1", call_id) if is_linked else None
    shown = strict_json(body)
    assert (shown.get("output_url"), shown.get("truncated", False)) == (link, is_cut)
    assert len(body) <= MAX_EVENT_BYTES


def test_the_attempt_of_an_interrupted_task_is_written_once() -> None:
    event = TaskInterrupted(reason="worker_lost", attempt=1)

    assert strict_json(stored(event).body)["attempt"] == 1
    assert CODEC.decode(stored(event)) == event


def test_times_are_written_in_utc_with_microseconds() -> None:
    there = datetime(2026, 11, 21, 12, 30, tzinfo=timezone(timedelta(hours=2, minutes=30)))

    assert timestamp(there) == "2026-11-21T10:00:00.000000Z"


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 21, 10, 0, 0, 7, tzinfo=UTC),
        datetime(2026, 11, 21, 10, tzinfo=UTC),
        datetime(2026, 11, 21, 12, 30, 0, 7, tzinfo=timezone(timedelta(hours=2, minutes=30))),
    ],
)
def test_the_time_of_an_event_has_the_format_of_all_times(at: datetime) -> None:
    encoded = CODEC.encode(Log(line="x", line_num=1, stream="stdout"), ORIGIN, at=at, tag=Tag("0"))

    assert strict_json(encoded.at_seq(1).body)["timestamp"] == timestamp(at)


def test_half_a_character_is_replaced() -> None:
    assert wire_of(Log(line="a\ud83db", line_num=1, stream="pty"))["line"] == "a\ufffdb"


def test_a_whole_character_beyond_the_first_plane_stays() -> None:
    assert wire_of(Log(line="🎉", line_num=1, stream="pty"))["line"] == "🎉"


@pytest.mark.parametrize(
    ("letter", "seen"),
    [("x", "x"), ("é", "é"), ("🎉", "🎉"), ("\ud800", "\ufffd"), ('"', '"'), ("\0", "\0")],
)
def test_an_event_that_is_too_long_is_cut_and_marked(letter: str, seen: str) -> None:
    event = stored(TaskFailed(error=letter * 300_000, reason="exit_code", duration_ms=1))

    body = strict_json(event.body)
    assert len(event.body) <= MAX_EVENT_BYTES
    assert body["truncated"] is True
    assert len(str(body["error"])) >= 8192
    assert set(str(body["error"])) == {seen}


def test_a_field_that_a_newer_version_added_is_passed_over() -> None:
    event = Log(line="a", line_num=1, stream="pty")
    newer = stored(event)._replace(body=stored(event).body[:-1] + b',"colour":{"r":1}}')

    assert CODEC.decode(newer) == event


def test_long_and_strange_names_of_the_envelope_stay_within_bounds() -> None:
    origin = replace(ORIGIN, session_id=SessionId("s" * 64), agent=AgentName("ü" * 64))
    line = Log(line="x" * 400_000, line_num=1, stream="pty")

    body = CODEC.encode(line, origin, at=AT, tag=TAG).at_seq(10**18).body

    assert len(body) <= MAX_EVENT_BYTES
    assert strict_json(body)["agent"] == "ü" * 64


@CLASSES
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_event_comes_back_as_it_was(
    event_class: type[AgentEvent], data: st.DataObject
) -> None:
    event = data.draw(events_of(event_class, CLEAN_TEXT))
    if isinstance(event, TaskInterrupted):
        event = replace(event, attempt=ORIGIN.attempt)

    assert CODEC.decode(stored(event)) == event


@CLASSES
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_text_makes_one_frame_that_a_browser_reads(
    event_class: type[AgentEvent], data: st.DataObject
) -> None:
    event = stored(data.draw(events_of(event_class, ANY_TEXT)))

    assert all(0x20 <= byte <= 0x7F for byte in event.body)
    assert len(event.body) <= MAX_EVENT_BYTES
    assert (
        dispatched(event_frame(event) * 2)
        == [
            Dispatched(
                event=event.event_type, data=event.body.decode(), last_event_id="42-9f1c03ab"
            )
        ]
        * 2
    )
    assert strict_json(event.body)["seq"] == 42


@given(value=json_values(ANY_TEXT))
@settings(max_examples=3, deadline=None)
def test_what_does_not_fit_is_cut_and_the_other_fields_stay(value: object) -> None:
    deep = {"many": [{"texts": [value, "x" * 3_000] * 10}] * 30}
    wide = {f"{number} {'x' * 90}": value for number in range(3_000)}

    for arguments in (deep, wide):
        event = ToolCallStart(call_id="call_1", tool_name="shell", arguments=arguments)
        encoded = stored(event).body
        body = strict_json(encoded)
        assert len(encoded) <= MAX_EVENT_BYTES
        assert (body["call_id"], body["tool_name"]) == ("call_1", "shell")
        assert body["truncated"] is True


def test_an_event_that_was_cut_can_still_be_read() -> None:
    event = ToolCallComplete(
        call_id="c", tool_name="t", status="outcome_unknown", result="🎉" * 99_999, duration_ms=1
    )

    decoded = CODEC.decode(stored(event))

    assert decoded == replace(event, result="🎉" * (2**14), truncated=True)
