"""Events as plain lines."""

from typing import get_args

import pytest

from domain.events import AgentEvent
from domain.process_events import Log, ProcessExited
from domain.task_events import Progress, TaskComplete
from domain.thinking_events import ThinkComplete
from domain.tool_events import InputRequired, ToolCallComplete
from entrypoints.cli.views.plain_view import PlainView
from entrypoints.cli.views.received_event import parsed_event
from entrypoints.cli.views.view_choice import event_view
from tests.unit.entrypoints.cli.event_samples import SHOWN
from tests.unit.entrypoints.cli.received_events import Pages, received


def test_every_kind_of_event_has_a_sample() -> None:
    assert {type(event) for event, _ in SHOWN} == set(get_args(AgentEvent))


@pytest.mark.parametrize(("event", "lines"), SHOWN, ids=lambda value: type(value).__name__)
def test_an_event_reads_as_its_line(event: AgentEvent, lines: str) -> None:
    pages = Pages()

    PlainView(pages.output).show(received(event))

    assert pages.items == (lines, "")


def test_an_agent_that_was_ended_after_its_turn_does_not_look_like_a_failure() -> None:
    pages = Pages()

    PlainView(pages.output).show(
        received(ProcessExited(exit_code=143, duration_ms=20, stopped=True))
    )

    line = "stayed when its turn was over, and was ended after 20 ms\n"
    assert pages.items == (line, "")


def test_an_answer_in_two_events_is_shown_once() -> None:
    pages = Pages()
    view = PlainView(pages.output)

    view.show(received(ThinkComplete(iteration=1, content="Done.", tool_call_count=0)))
    view.show(received(TaskComplete(final_answer="Done.", duration_ms=5)))

    assert pages.items == ("Done.\ncompleted in 5 ms\n", "")


@pytest.mark.parametrize(
    ("content", "lines"),
    [("So be it.", "thought: Hm, then.\nSo be it.\n"), ("Hm,\nthen.", "thought: Hm, then.\n")],
    ids=["beside an answer", "by itself"],
)
def test_reasoning_is_one_short_line_apart_from_the_answer(content: str, lines: str) -> None:
    pages = Pages()
    thought = ThinkComplete(
        iteration=1, content=content, reasoning="Hm,\nthen.", tool_call_count=0
    )

    PlainView(pages.output).show(received(thought))

    assert pages.items == (lines, "")


def test_time_spent_waiting_for_people_is_shown_separately() -> None:
    pages = Pages()

    PlainView(pages.output).show(
        received(TaskComplete(final_answer="", duration_ms=5, waited_ms=90_000))
    )

    assert pages.items == ("completed in 5 ms beside 1 min 30 s for people\n", "")


def test_a_question_shows_its_choices() -> None:
    pages = Pages()

    PlainView(pages.output).show(received(InputRequired(prompt="Which?", choices=("a", "b"))))

    assert pages.items == ("input needed: Which? (a | b)\n", "")


def test_partial_log_events_are_joined() -> None:
    pages = Pages()
    view = PlainView(pages.output)

    view.show(received(Log(line="one, ", line_num=1, stream="pty", partial=True)))
    view.show(received(Log(line="two", line_num=1, stream="pty")))

    assert pages.items == ("one, two\n", "")


def test_a_line_that_stays_unfinished_does_not_swallow_the_next_event() -> None:
    pages = Pages()
    view = PlainView(pages.output)

    view.show(received(Log(line="Password: ", line_num=1, stream="pty", partial=True)))
    view.show(received(Progress(message="waiting")))

    assert pages.items == ("Password: \nwaiting\n", "")


def test_with_many_tasks_a_heading_names_the_task() -> None:
    pages = Pages()
    view = PlainView(pages.output, many_tasks=True)

    for task in ("task_1", "task_1", "task_2"):
        view.show(received(Progress(message="on"), task=task))

    assert pages.items == (
        "== react task_1 in s1\non\non\n== react task_2 in s1\non\n",
        "",
    )


def test_a_long_result_is_cut_to_its_first_lines() -> None:
    pages = Pages()
    result = "\n".join(str(number) for number in range(100))

    PlainView(pages.output).show(
        received(
            ToolCallComplete(
                call_id="c", tool_name="shell", status="ok", result=result, duration_ms=1
            )
        )
    )

    shown = "".join(f"    {number}\n" for number in range(6))
    assert pages.items == (f"← shell ok in 1 ms\n{shown}    … 94 more lines\n", "")


def test_an_event_of_a_newer_server_is_shown_by_its_type() -> None:
    pages = Pages()

    PlainView(pages.output).show(parsed_event('{"event_type":"dream","seq":1}'))

    assert pages.items == ("dream\n", "")


def test_json_is_the_event_as_it_came() -> None:
    pages = Pages()
    body = '{"event_type":"progress","seq":1,"message":"\\u001b[31m"}'

    with event_view(pages.output, as_json=True, raw=False) as view:
        view.show(parsed_event(body))
        view.notice("reconnecting")

    assert pages.items == (f"{body}\n", "reconnecting\n")
