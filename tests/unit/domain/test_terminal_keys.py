import pytest

from domain.errors import InvalidInput
from domain.terminal_keys import keys_text


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("enter", "\r"),
        ("ctrl-c", "\x03"),
        ("ctrl-z", "\x1a"),
        ("ctrl-\\", "\x1c"),
        ("ctrl-space", "\x00"),
        ("up", "\x1b[A"),
        ("shift-tab", "\x1b[Z"),
        ("alt-x", "\x1bx"),
        ("alt-enter", "\x1b\r"),
        ("f1", "\x1bOP"),
        ("f12", "\x1b[24~"),
        ("q", "q"),
        ("ls -l", "ls -l"),
        ("\x1b[A", "\x1b[A"),
        ("ctrl-", "ctrl-"),
    ],
)
def test_a_name_is_sent_as_its_key_and_anything_else_as_it_is(key: str, sent: str) -> None:
    assert keys_text(key) == sent


def test_arrows_are_sent_as_the_program_asked_for_them() -> None:
    assert keys_text("up", application_cursor=True) == "\x1bOA"


@pytest.mark.parametrize("key", ["ctrl-foo", "alt-nothing", "shift-ctrl-x"])
def test_a_key_that_there_is_not_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="there is no key"):
        keys_text(key)
