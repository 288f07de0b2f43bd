"""What an agent writes can colour a terminal and do nothing else to it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.process_events import Log
from domain.task_events import Progress
from entrypoints.cli.views.plain_view import PlainView
from entrypoints.cli.views.safe_text import safe_text
from entrypoints.cli.views.view_choice import command_view, event_view
from tests.unit.entrypoints.cli.received_events import Pages, received

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m\tand\n", "\x1b[31mred\x1b[0m\tand\n"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]52;c;aGk=\x1b\\text", "text"),
        ("\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP+q544e\x1b\\text", "text"),
        ("\x1b[6n\x1b[c\x1b[?1049h\x1b[?25ltext", "text"),
        ("\x9b2Jtext", "2Jtext"),
        ("\x1b\x1b[2J[2Jtext", "[2Jtext"),
        ("\x1b(0text\x1bc\x07\x08\x00", "text"),
        ("10 %\r50 %\rdone\r", "done"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("\x1b]0;never ended\nnext", "\nnext"),
    ],
)
def test_hostile_text_loses_its_control_sequences(hostile: str, harmless: str) -> None:
    assert safe_text(hostile) == harmless


@given(st.text(alphabet=st.sampled_from("\x1b\x9b\x9d\x9c\x07\r\n\t[]()P;:?08mJc \\a")))
def test_no_text_leaves_a_control_but_colours_lines_and_tabs(text: str) -> None:
    assert _CONTROLS.search(_COLOURS.sub("", safe_text(text))) is None


def test_a_pipe_gets_no_escapes_at_all() -> None:
    pages = Pages()

    PlainView(pages.output).show(received(Progress(message="\x1b[31mred\x1b[2J")))

    assert pages.items == ("red\n", "")


def test_a_colour_left_open_ends_with_its_line() -> None:
    pages = Pages(is_terminal=True)

    with command_view(pages.output, as_json=False, raw=False) as view:
        view.show(received(Log(line="\x1b[31mred", line_num=1, stream="pty")))

    assert pages.items == ("\x1b[31mred\x1b[0m\n", "")


def test_raw_output_is_what_the_agent_wrote() -> None:
    pages = Pages(is_terminal=True)

    with event_view(pages.output, as_json=False, raw=True) as view:
        view.show(received(Log(line="\x1b[2Jtext", line_num=1, stream="pty")))

    assert pages.items == ("\x1b[2Jtext\n", "")
