"""Events on a terminal."""

import re

import pytest
from rich.console import Console

from domain.events import AgentEvent
from domain.process_events import Log
from domain.task_events import Progress, TaskQueued
from domain.thinking_events import MessageDelta, ThinkComplete, ThinkDelta, Thinking, TokenUsage
from domain.tool_events import ToolCallStart
from entrypoints.cli.views.live_view import LiveFooter, LiveView
from tests.unit.entrypoints.cli.event_samples import SHOWN
from tests.unit.entrypoints.cli.received_events import Page, received


def test_every_event_leaves_its_lines_on_the_terminal() -> None:
    page = Page(is_terminal=True)

    with LiveView(console=_terminal(page)) as view:
        for event, _ in SHOWN:
            view.show(received(event))

    shown = _visible(page)
    assert [line for _, lines in SHOWN for line in lines.splitlines() if line not in shown] == []


@pytest.mark.parametrize(
    "event",
    [
        Progress(message="[red]not a style[/red] :smile: [link=x]"),
        ThinkComplete(iteration=1, content="[red]not a style[/red]", tool_call_count=0),
        Log(line="[red]not a style[/red]", line_num=1, stream="pty"),
    ],
)
def test_markup_in_an_event_is_text(event: AgentEvent) -> None:
    page = Page(is_terminal=True)

    with LiveView(console=_terminal(page)) as view:
        view.show(received(event))

    assert "[red]not a style[/red]" in _visible(page)


def test_an_event_cannot_move_the_cursor() -> None:
    page = Page(is_terminal=True)
    hostile = "\x1b[2J\x1b]52;c;aGk=\x07before"

    with LiveView(console=_terminal(page)) as view:
        view.show(received(Log(line=hostile, line_num=1, stream="pty")))
        view.show(received(ThinkDelta(iteration=1, text=hostile)))
        view.show(
            received(ToolCallStart(call_id="c", tool_name=hostile, arguments={"a": hostile}))
        )

    written = page.getvalue()
    assert ("\x1b[2J" in written, "]52;" in written) == (False, False)


def test_the_footer_shows_the_activity_and_the_cost() -> None:
    footer = LiveFooter()
    page = Page(is_terminal=True)
    console = _terminal(page)

    footer.follow(TaskQueued(task="x"))
    footer.follow(
        TokenUsage(model="m", input_tokens=1, output_tokens=1, total_tokens=2, total_cost_usd=0.5)
    )
    footer.follow(Thinking(iteration=1, message_count=1))
    footer.follow(ThinkDelta(iteration=1, text="Let me"))
    console.print(footer)

    shown = _visible(page)
    assert [text for text in ("thinking  2 tokens, $0.5000", "Let me") if text not in shown] == []


def test_the_footer_keeps_reasoning_and_answer_apart() -> None:
    footer, page = LiveFooter(), Page(is_terminal=True)

    footer.follow(ThinkDelta(iteration=1, text="Let me see"))
    footer.follow(MessageDelta(message_id="m", text="Here "))
    footer.follow(MessageDelta(message_id="m", text="it is"))
    _terminal(page).print(footer)

    assert ("Let me" in _visible(page), "Here it is" in _visible(page)) == (False, True)


def _terminal(page: Page) -> Console:
    return Console(file=page, force_terminal=True, width=200, color_system="standard")


def _visible(page: Page) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", page.getvalue())
