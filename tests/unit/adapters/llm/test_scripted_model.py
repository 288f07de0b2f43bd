"""The offline model: the same answer for the same task, marked as scripted."""

import json
from collections.abc import Sequence

import pytest

from adapters.llm.scripted_model import ScriptedModel
from domain.errors import ModelRefused
from domain.ids import CallId
from domain.usage import Usage
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    ModelPart,
    ModelRequest,
    ModelUsage,
    SystemMessage,
    TextDelta,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from ports.tool import ToolSpec

HONEST_END = (
    "\n(I am Agentcast's scripted offline model, not a language model: this was one fixed step.)"
)
ALL = ("shell", "read_file", "write_file", "list_directory", "search_files")


async def test_a_plain_task_is_answered_with_the_result_of_one_tool_call() -> None:
    task = "List all .py files in the current directory"

    text, calls = await ask(task)
    answer, more = await ask(task, *gave(calls, "./a.py\nb.py"))

    assert text.startswith("I am Agentcast's scripted offline model, not a language model")
    assert calls == [("search_files", {"pattern": "*.py"})]
    assert answer == f"Found 2 .py files: a.py, b.py{HONEST_END}"
    assert more == []


@pytest.mark.parametrize(
    ("task", "tool_name", "arguments"),
    [
        ("Run `npm test` for me", "shell", {"command": "npm test"}),
        ("execute the command `ls *.py`", "shell", {"command": "ls *.py"}),
        ("Read the file notes.txt and sum it up", "read_file", {"path": "notes.txt"}),
        ("show me `Makefile`", "read_file", {"path": "Makefile"}),
        ("cat src/a.py", "read_file", {"path": "src/a.py"}),
        ("find *.md", "search_files", {"pattern": "*.md"}),
        ("search for 'TODO' everywhere", "search_files", {"pattern": "*", "text": "TODO"}),
        ("What is here?", "list_directory", {"path": "."}),
        ("", "list_directory", {"path": "."}),
    ],
)
async def test_simple_words_choose_the_tool(
    task: str, tool_name: str, arguments: dict[str, object]
) -> None:
    _, calls = await ask(task)

    assert calls == [(tool_name, arguments)]


async def test_only_tools_that_are_offered_are_called() -> None:
    _, calls = await ask("List all .py files", tools=("shell",))

    assert calls == [("shell", {"command": "find . -name '*.py'"})]


async def test_without_a_usable_tool_the_answer_is_that_there_is_none() -> None:
    text, calls = await ask("List all .py files", tools=())

    assert text.endswith("no tool is offered that I could use for this.")
    assert calls == []


@pytest.mark.parametrize(
    ("result", "line"),
    [
        ("", "Found no .py files."),
        ("a.py", "Found 1 .py file: a.py"),
        ("Error: no", "Found no .py files.\nsearch_files said: Error: no"),
        ("a.py\nnot all", "Found 1 .py file: a.py\nsearch_files said: not all"),
    ],
)
async def test_found_files_are_counted_and_other_output_is_shown(result: str, line: str) -> None:
    _, calls = await ask("list .py files")

    answer, _ = await ask("list .py files", *gave(calls, result))

    assert answer.removesuffix(HONEST_END) == line


SCRIPT = """script:
# look first
say Looking around.
tool list_directory {"path": "."}
tool shell {"command": "echo hi"}

say "Two\\nlines."
tool read_file {"path": "a.txt"}
answer It says: {result}
"""


async def test_a_script_is_followed_turn_by_turn() -> None:
    first = await ask(SCRIPT)
    second = await ask(SCRIPT, *gave(first[1], "hi"))
    third = await ask(SCRIPT, *gave(first[1], "hi"), *gave(second[1], "the truth"))

    assert first == (
        "Looking around.",
        [("list_directory", {"path": "."}), ("shell", {"command": "echo hi"})],
    )
    assert second == ("Two\nlines.", [("read_file", {"path": "a.txt"})])
    assert third == ("It says: the truth", [])


async def test_a_script_without_an_answer_ends_with_a_message() -> None:
    assert await ask("script:\nsay hello\ntool shell", *gave([("shell", {})], "x")) == (
        "The script has ended.",
        [],
    )


async def test_a_script_may_fail() -> None:
    with pytest.raises(ModelRefused, match="I give up"):
        await ask("script:\nsay hm\nfail I give up")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("script:\nsay hi\nshout HI", "line 3 of the script is not say, tool, answer or fail"),
        ("script:\ntool", "line 2 of the script is not"),
        ("script:\nanswer yes\nsay more", "line 3 of the script comes after its end"),
    ],
)
async def test_an_invalid_line_of_a_script_is_named(script: str, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        await ask(script)


async def test_text_is_streamed_by_words_which_are_its_tokens() -> None:
    parts = await parts_of("script:\nsay one two three", ())

    assert parts == [
        TextDelta(text="one"),
        TextDelta(text=" two"),
        TextDelta(text=" three"),
        ModelUsage(
            model="scripted", usage=Usage(input_tokens=7, output_tokens=3, total_tokens=10)
        ),
    ]


async def ask(
    task: str, *conversation: ModelMessage, tools: Sequence[str] = ALL
) -> tuple[str, list[tuple[str, object]]]:
    """The text and the calls of the next answer."""
    parts = await parts_of(task, conversation, tools=tools)
    text = "".join(part.text for part in parts if isinstance(part, TextDelta))
    return text, [(part.tool_name, part.arguments) for part in parts if isinstance(part, ToolCall)]


async def parts_of(
    task: str, conversation: Sequence[ModelMessage], *, tools: Sequence[str] = ALL
) -> list[ModelPart]:
    specs = [ToolSpec(name=name, description="", parameters={}) for name in tools]
    messages = [SystemMessage(content="be good"), UserMessage(content=task), *conversation]
    request = ModelRequest(messages=messages, tools=specs)
    return [part async for part in ScriptedModel().stream(request)]


def gave(calls: Sequence[tuple[str, object]], result: str) -> list[ModelMessage]:
    """An answer with these calls, and a result for each."""
    asked = [
        ToolCall(
            call_id=CallId(f"c{number}"),
            tool_name=name,
            arguments={},
            raw_arguments=json.dumps(arguments),
        )
        for number, (name, arguments) in enumerate(calls)
    ]
    results = [ToolMessage(call_id=call.call_id, content=result) for call in asked]
    return [AssistantMessage(content="", tool_calls=asked), *results]
