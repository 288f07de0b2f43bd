"""The messages of a WebSocket, parsed and rendered."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.problems.problem import Problem
from adapters.http.websocket.messages import (
    CommandMessage,
    ControlStep,
    UnwatchMessage,
    WatchMessage,
    client_message,
    control_message,
    event_messages,
    parse_message,
)
from adapters.http.websocket.watches import watch_request
from application.watching.stream_request import FromCursor, FromNow, Replay, Since, StreamRequest
from application.watching.stream_steps import Connected, CursorMoved, End, Events, Reset
from domain.errors import InvalidInput
from domain.ids import AgentName, SessionId, TaskId
from tests.unit.tail_event import tail_event

S = {"session_id": "s"}


def test_a_watch_is_named_by_the_client_or_else_has_a_name_all_the_same() -> None:
    assert client_message({"type": "watch", "id": "a", **S}) == WatchMessage(
        watch_id="a", fields=S
    )
    assert client_message({"type": "watch", **S}) == WatchMessage(watch_id="watch", fields=S)
    assert client_message({"type": "unwatch"}) == UnwatchMessage(watch_id="watch")


def test_a_command_keeps_the_fields_of_its_body() -> None:
    asked = client_message({"type": "submit", "id": "1", "task": "x"})

    assert asked == CommandMessage(name="submit", command_id="1", fields={"task": "x"})


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "ä", 1, [], True])
def test_what_cannot_be_an_id_is_refused(name: object) -> None:
    with pytest.raises(Problem, match=r"^id: "):
        client_message({"type": "watch", "id": name})


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_a_message_or_refused_and_nothing_worse(text: str) -> None:
    try:
        client_message(parse_message(text))
    except Problem as refused:
        assert refused.status == 400


def test_one_thing_or_a_list_of_them_can_be_watched() -> None:
    request = watch_request({"session_id": ["a", "b"], "agent_id": "x", "task_id": ["t"]})

    assert request == StreamRequest(
        session_ids=(SessionId("a"), SessionId("b")),
        agents=(AgentName("x"),),
        task_ids=(TaskId("t"),),
    )


@pytest.mark.parametrize("ids", ["..", "a,.", ["a", "b c"]])
def test_what_is_no_id_is_answered_with_what_would_be_one(ids: object) -> None:
    with pytest.raises(Problem, match=r"^session_id: should have 1 to 64 letters, digits and "):
        watch_request({"session_id": ids})


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({}, FromNow()),
        ({"after": "1-0000000a", "replay": "all"}, FromCursor("1-0000000a")),
        ({"since": "2026-11-21T10:00:00Z"}, Since(datetime(2026, 11, 21, 10, tzinfo=UTC))),
        ({"replay": "all"}, Replay(None)),
        ({"replay": 10}, Replay(10)),
        ({"replay": "10"}, Replay(10)),
    ],
)
def test_a_watch_begins_where_its_message_asks(fields: dict[str, object], start: object) -> None:
    assert watch_request({**S, **fields}).start == start


def test_types_and_deltas_are_chosen_as_over_http() -> None:
    wanted = watch_request({**S, "types": ["tool_*", "log"], "deltas": False}).event_types

    assert wanted == {"tool_call_start", "tool_call_complete", "log"}
    assert watch_request({**S, "types": "tool_*,log", "deltas": 0}).event_types == wanted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("session_id", 5),
        ("session_id", []),
        ("session_id", ["a", 5]),
        ("session_id", ["a", ".."]),
        ("session_id", "."),
        ("agent_id", {}),
        ("task_id", None),
        ("after", ""),
        ("after", "x" * 2049),
        ("since", "yesterday"),
        ("since", "2020"),
        ("since", 5),
        ("replay", -1),
        ("replay", True),
        ("types", ["Tool"]),
        ("deltas", "maybe"),
        ("deltas", 2),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_of_a_watch_is_named(field: str, value: object) -> None:
    with pytest.raises(Problem) as refused:
        watch_request({**S, field: value})

    assert refused.value.status == 400
    assert [error.field for error in refused.value.errors] == [field]


def test_a_type_that_no_event_has_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no event type matches"):
        watch_request({**S, "types": "tolo_*"})


@pytest.mark.parametrize(
    ("given", "cursors"), [(None, ["1-0000000a", "2-0000000b"]), (["m.1", "m.2"], ["m.1", "m.2"])]
)
def test_each_event_becomes_one_message_with_its_own_json(
    given: list[str] | None, cursors: list[str]
) -> None:
    events = [tail_event(1, b'{"line":"a"}'), tail_event(2, b'{"line":"\\n"}')]

    messages = list(event_messages(Events(events, given), watch_id='w"'))

    assert [json.loads(text) for text in messages] == [
        {"type": "event", "watch": 'w"', "cursor": cursors[0], "event": {"line": "a"}},
        {"type": "event", "watch": 'w"', "cursor": cursors[1], "event": {"line": "\n"}},
    ]


def test_messages_of_the_stream_itself_leave_out_what_has_no_value() -> None:
    steps: list[ControlStep] = [
        Connected(session_id=SessionId("s"), cursor="0-00000000", first_seq=1, last_seq=0),
        Reset(reason="trimmed"),
        CursorMoved(cursor="3-0000000c", last_seq=3),
        End("task_finished"),
    ]

    sent = [json.loads(control_message(step, watch_id="w")) for step in steps]

    assert sent == [
        {
            "type": "connected",
            "watch": "w",
            "session_id": "s",
            "cursor": "0-00000000",
            "first_seq": 1,
            "last_seq": 0,
        },
        {"type": "reset", "watch": "w", "reason": "trimmed"},
        {"type": "cursor", "watch": "w", "cursor": "3-0000000c", "last_seq": 3},
        {"type": "end", "watch": "w", "reason": "task_finished"},
    ]
