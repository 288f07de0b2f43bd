"""Which events a watcher wants."""

import pytest

from application.watching.stream_request import Selection, event_types
from domain.errors import InvalidInput
from domain.events import EVENT_CLASSES
from domain.ids import AgentName, Tag, TaskId
from ports.event_log import StoredEvent


def stored(event_type: str = "log", *, body: bytes = b"{}") -> StoredEvent:
    return StoredEvent(
        seq=1,
        tag=Tag("00000001"),
        event_type=event_type,
        task_id=TaskId("t1"),
        agent=AgentName("shell"),
        body=body,
    )


def test_without_patterns_every_type_is_wanted() -> None:
    assert event_types((), with_deltas=True) == set(EVENT_CLASSES)


def test_a_star_stands_for_the_rest_of_a_name() -> None:
    assert event_types(("tool_*", "log"), with_deltas=True) == {
        "log",
        "tool_call_start",
        "tool_call_stream",
        "tool_call_complete",
    }


def test_deltas_can_be_left_out_of_any_choice() -> None:
    assert event_types(("tool_*",), with_deltas=False) == {"tool_call_start", "tool_call_complete"}


def test_a_type_that_no_event_has_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"no event type matches 'tolo_\*'"):
        event_types(("tolo_*",), with_deltas=True)


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), True),
        (Selection(task_ids=frozenset({TaskId("t1")})), True),
        (Selection(task_ids=frozenset({TaskId("t2")})), False),
        (Selection(agents=frozenset({AgentName("react")})), False),
        (Selection(event_types=frozenset({"raw"})), False),
    ],
)
def test_an_event_must_match_every_kind_of_filter(selection: Selection, wanted: bool) -> None:
    assert selection.admits(stored()) is wanted


def test_no_stream_wants_an_event_that_was_compacted_away() -> None:
    assert not Selection().admits(stored(body=b""))
