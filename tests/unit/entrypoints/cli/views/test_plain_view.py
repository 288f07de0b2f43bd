"""Events as plain lines."""

from typing import get_args

import pytest

from domain.events import AgentEvent
from domain.process_events import Log, ProcessExited
from domain.task_events import Progress, TaskComplete
from domain.thinking_events import ThinkComplete
from domain.tool_events import InputRequired, ToolCallComplete
from entrypoints.cli.views.plain_view import PlainView
from entrypoints.cli.views.seen_event import seen
from entrypoints.cli.views.view_choice import event_view
from tests.unit.entrypoints.cli.event_samples import SHOWN
from tests.unit.entrypoints.cli.seen import Pages, seen_of


def test_every_kind_of_event_has_a_sample() -> None:
    assert {type(event) for event, _ in SHOWN} == set(get_args(AgentEvent))


@pytest.mark.parametrize(("event", "lines"), SHOWN, ids=lambda value: type(value).__name__)
def test_an_event_reads_as_its_line(event: AgentEvent, lines: str) -> None:
    pages = Pages()

    PlainView(pages.output).show(seen_of(event))

    assert pages.told == (lines, "")


def test_an_agent_that_was_ended_after_its_turn_does_not_look_like_a_failure() -> None:
    pages = Pages()

    PlainView(pages.output).show(
        seen_of(ProcessExited(exit_code=143, duration_ms=20, stopped=True))
    )

    line = "stayed when its turn was over, and was ended after 20 ms\n"
    assert pages.told == (line, "")


def test_an_answer_is_shown_once_though_two_events_carry_it() -> None:
    pages = Pages()
    view = PlainView(pages.output)

    view.show(seen_of(ThinkComplete(iteration=1, content="Done.", tool_call_count=0)))
    view.show(seen_of(TaskComplete(final_answer="Done.", duration_ms=5)))

    assert pages.told == ("Done.\ncompleted in 5 ms\n", "")


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

    PlainView(pages.output).show(seen_of(thought))

    assert pages.told == (lines, "")


def test_what_people_took_is_told_beside_the_time_of_the_work() -> None:
    pages = Pages()

    PlainView(pages.output).show(
        seen_of(TaskComplete(final_answer="", duration_ms=5, waited_ms=90_000))
    )

    assert pages.told == ("completed in 5 ms beside 1 min 30 s for people\n", "")


def test_a_question_shows_what_may_be_chosen() -> None:
    pages = Pages()

    PlainView(pages.output).show(seen_of(InputRequired(prompt="Which?", choices=("a", "b"))))

    assert pages.told == ("input needed: Which? (a | b)\n", "")


def test_the_pieces_of_a_long_line_are_joined() -> None:
    pages = Pages()
    view = PlainView(pages.output)

    view.show(seen_of(Log(line="one, ", line_num=1, stream="pty", partial=True)))
    view.show(seen_of(Log(line="two", line_num=1, stream="pty")))

    assert pages.told == ("one, two\n", "")


def test_a_line_that_stays_unfinished_does_not_swallow_the_next_event() -> None:
    pages = Pages()
    view = PlainView(pages.output)

    view.show(seen_of(Log(line="Password: ", line_num=1, stream="pty", partial=True)))
    view.show(seen_of(Progress(message="waiting")))

    assert pages.told == ("Password: \nwaiting\n", "")


def test_a_heading_says_whose_events_follow_when_there_are_many_tasks() -> None:
    pages = Pages()
    view = PlainView(pages.output, many_tasks=True)

    for task in ("task_1", "task_1", "task_2"):
        view.show(seen_of(Progress(message="on"), task=task))

    assert pages.told == (
        "== react task_1 in s1\non\non\n== react task_2 in s1\non\n",
        "",
    )


def test_a_long_result_is_cut_to_its_first_lines() -> None:
    pages = Pages()
    result = "\n".join(str(number) for number in range(100))

    PlainView(pages.output).show(
        seen_of(
            ToolCallComplete(
                call_id="c", tool_name="shell", status="ok", result=result, duration_ms=1
            )
        )
    )

    shown = "".join(f"    {number}\n" for number in range(6))
    assert pages.told == (f"← shell ok in 1 ms\n{shown}    … 94 more lines\n", "")


def test_what_a_newer_server_says_is_shown_by_its_name() -> None:
    pages = Pages()

    PlainView(pages.output).show(seen('{"event_type":"dream","seq":1}'))

    assert pages.told == ("dream\n", "")


def test_json_is_the_event_as_it_came() -> None:
    pages = Pages()
    body = '{"event_type":"progress","seq":1,"message":"\\u001b[31m"}'

    with event_view(pages.output, as_json=True, raw=False) as view:
        view.show(seen(body))
        view.notice("reconnecting")

    assert pages.told == (f"{body}\n", "reconnecting\n")
