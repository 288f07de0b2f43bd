"""How the code blocks of a page are classified, and their output compared."""

import pytest

from tests.e2e.docs.blocks import Block, blocks_in
from tests.e2e.docs.terminal import is_printed


def only(text: str) -> Block:
    [block] = blocks_in(text, page="page.md")
    return block


def test_a_fenced_block_has_the_language_that_it_names() -> None:
    block = only("Text\n\n```python\n# alarm.py\nprint()\n```\n")

    assert (block.name, block.language, block.file) == ("page.md:3", "python", "alarm.py")
    assert block.text == "# alarm.py\nprint()\n"


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("[agents.a]", "toml"),
        ('{"a": 1}', "json"),
        ("agentcast agents", "sh"),
        ("anything else", "sh"),
    ],
)
def test_an_indented_block_is_toml_or_json_if_it_can_be_and_else_shell(
    line: str, language: str
) -> None:
    assert only(f"Text:\n\n    {line}\n\nMore").language == language


def test_a_block_that_names_no_language_has_none_that_is_run() -> None:
    assert only("```\nmake\n```\n").language == "none"


def test_text_right_behind_commands_is_what_they_print() -> None:
    block = only("    echo one\n\n```text\none\n```\n")

    assert (block.language, block.printed) == ("sh", "one\n")


@pytest.mark.parametrize(
    "between", ["```sh endless\nserve\n```\n", "    echo one\n\nElsewhere:\n\n"]
)
def test_other_text_stands_by_itself(between: str) -> None:
    found = blocks_in(f"{between}\n```text\none\n```\n", page="page.md")

    assert [block.language for block in found] == ["sh", "text"]


def test_indented_lines_of_a_paragraph_or_list_are_no_block() -> None:
    assert blocks_in("- an item\n    that goes on\n", page="page.md") == []


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("one\nthree", "zero\none\nthree\n"),
        ("one\n…\nfour", "one\ntwo\nthree\nfour\n"),
        ("one\n…\ntwo", "one\n\ntwo\n"),
        ("took … ms", "took 12 ms\n"),
        ("id: 5-68586bea", "id: 5-00ff00ff\n"),
    ],
)
def test_an_ellipsis_and_a_tag_stand_for_any(expected: str, printed: str) -> None:
    assert is_printed(expected)(printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("one\nthree", "one\ntwo\nthree\n"),
        ("one", "one more\n"),
        ("took … ms", "took 12 s\n"),
        ("id: 5-68586bea", "id: 6-00ff00ff\n"),
        ("a.c", "abc\n"),
    ],
)
def test_all_else_must_be_printed_as_it_stands(expected: str, printed: str) -> None:
    assert not is_printed(expected)(printed)
