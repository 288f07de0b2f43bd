import pytest

from adapters.acp.messages import MessageLines, ProtocolError, json_message


def test_lines_are_the_same_however_the_text_is_cut() -> None:
    text = '{"a": 1}\r\n\n{"b": 2}\nrest'
    lines = MessageLines()

    cut = [line for character in text for line in lines.feed(character)]

    assert [*cut, *lines.end()] == MessageLines().feed(text + "\n")


@pytest.mark.parametrize("text", ["x" * 9, "x" * 9 + "\n", "a\n" + "x" * 9 + "\nb\n"])
def test_a_line_without_end_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="more than 8 characters"):
        MessageLines(most_chars=8).feed(text)


def test_a_message_has_only_values_that_an_event_can_store() -> None:
    line = '{"half": "\\ud800", "\\udfff": NaN, "huge": 1e999, "long": 12345678901234567890}'

    assert json_message(line) == {
        "half": "\ufffd",
        "\ufffd": None,
        "huge": None,
        "long": "12345678901234567890",
    }


def test_a_message_that_is_nested_too_deeply_is_cut() -> None:
    line = '{"a": ' + "[" * 70 + "]" * 70 + "}"

    assert "nested too deeply" in str(json_message(line))


@pytest.mark.parametrize("line", ["", "text", "[1]", "{", "[" * 100_000])
def test_a_line_that_is_no_object_is_no_message(line: str) -> None:
    assert json_message(line) is None
