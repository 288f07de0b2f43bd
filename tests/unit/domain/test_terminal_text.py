import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terminal_text import plain_text, unfinished_escape


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("plain", "plain"),
        ("tab\tstays", "tab\tstays"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[38:2::1:2:3mtrue colour", "true colour"),
        ("\x9b31mred", "red"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x90dcs\x1b\\after", "after"),
        ("zero\u200bwidth\xa0and\tunder\ue0b0", "zero\u200bwidth\xa0and\tunder\ue0b0"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]0;ti\rtle\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r0m\x1b\\dcs", "dcs"),
        ("\x1b(Bcharset\x1b7", "charset"),
        ("\x1b[?2004hprompt\x1b[K", "prompt"),
        ("10%\r20%\r30%", "30%"),
        ("done\r", "done"),
        ("\r\x1b[2K50%", "50%"),
        ("bell\x07 and null\x00", "bell and null"),
        ("cut\x1b[3", "cut"),
        ("cut\x1b", "cut"),
        ("gr\u00fc\u00df \U0001f600 \u65e5\u672c", "gr\u00fc\u00df \U0001f600 \u65e5\u672c"),
    ],
)
def test_only_what_can_be_read_is_left(line: str, text: str) -> None:
    assert plain_text(line) == text


@given(st.text(alphabet=st.sampled_from("a[]\x1b\x9b\x07\\0;mPX^_\x9c\x90 (")))
def test_no_escape_is_ever_left(line: str) -> None:
    assert not set(plain_text(line)) & {"\x1b", "\x9b", "\x07", "\x9c", "\x90"}


@given(st.sampled_from(["\x1b[1;31m", "\x1b]0;t\x07", "\x1b]8;;u\x1b\\", "\x1b(B", "\x9b1A"]))
def test_an_escape_is_unfinished_until_its_last_character(escape: str) -> None:
    halves = [unfinished_escape("text" + escape[:end]) for end in range(1, len(escape))]

    assert halves == [escape[:end] for end in range(1, len(escape))]
    assert unfinished_escape("text" + escape) == ""


def test_an_endless_escape_is_not_waited_for() -> None:
    assert unfinished_escape("\x1b]0;" + "x" * 1000) == ""
