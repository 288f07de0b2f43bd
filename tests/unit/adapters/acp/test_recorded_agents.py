import pytest

from domain.ledger import Ledger
from domain.task_events import Error
from domain.thinking_events import Message, TokenUsage
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from tests.unit.adapters.acp.recorded import recorded

AGENTS = ("claude", "codex-acp", "gemini", "opencode", "qwen")
FIRST = "printf 'one\\n' && printf 'warn\\n' >&2"
SECOND = "printf 'two\\n'; exit 3"


@pytest.mark.parametrize("agent", AGENTS)
def test_a_call_is_started_with_the_command_that_it_runs(agent: str) -> None:
    starts = [e for e in recorded(f"{agent}-calls") if isinstance(e, ToolCallStart)]

    assert [_command(start) for start in starts] == [FIRST, SECOND]


@pytest.mark.parametrize("agent", AGENTS)
def test_the_result_of_a_command_is_its_output(agent: str) -> None:
    done = [e for e in recorded(f"{agent}-calls") if isinstance(e, ToolCallComplete)]

    texts = [e.result.removeprefix("Exit code 3\n") for e in done]
    # Codex reads both of its outputs in the order in which they come to it.
    assert [sorted(text.split()) for text in texts] == [["one", "warn"], ["two"]]


@pytest.mark.parametrize("agent", [name for name in AGENTS if name != "gemini"])
def test_a_failed_command_is_an_error(agent: str) -> None:
    first, second = (e for e in recorded(f"{agent}-calls") if isinstance(e, ToolCallComplete))

    assert (first.status, first.error) == ("ok", None)
    assert second.status == "error"
    assert (second.error or "").lower().startswith("exit code 3")


@pytest.mark.parametrize("agent", AGENTS)
def test_a_cancelled_command_is_not_ok(agent: str) -> None:
    [done] = [e for e in recorded(f"{agent}-cancel") if isinstance(e, ToolCallComplete)]

    assert done.status == "outcome_unknown"


@pytest.mark.parametrize("agent", AGENTS)
def test_the_description_of_a_pending_call_is_no_output(agent: str) -> None:
    streamed = [e.chunk for e in recorded(f"{agent}-calls") if isinstance(e, ToolCallStream)]

    assert streamed == (["one\n", "warn\n", "two\n"] if agent == "opencode" else [])


@pytest.mark.parametrize(
    ("agent", "model", "given", "written", "is_partial"),
    [
        ("claude", "default", 60, 30, False),
        ("codex-acp", "loopback", 2007, 0, True),
        ("gemini", "gemini-2.5-pro", 60, 30, False),
        ("opencode", "loop/test-model", 2000, 7, True),
        ("qwen", "$runtime|openai|qwen-test(openai)", 4500, 21, False),
    ],
)
def test_the_usage_of_a_turn_is_counted_by_model_or_marked_partial(
    agent: str, model: str, given: int, written: int, is_partial: bool
) -> None:
    """The three calls had 60 and 30 tokens of Claude and Gemini, else 4500 and 21."""
    ledger, usages = Ledger(), [e for e in recorded(f"{agent}-calls") if isinstance(e, TokenUsage)]
    for event in usages:
        ledger.record(event)

    assert {event.model for event in usages} == {model}
    assert (ledger.usage.input_tokens, ledger.usage.output_tokens) == (given, written)
    assert (ledger.usage.partial is True) == is_partial
    assert usages[-1].total_tokens == ledger.usage.total_tokens == given + written


def test_a_warning_of_codex_is_no_message_of_its_model() -> None:
    events = recorded("codex-acp-calls")

    [warning] = [e for e in events if isinstance(e, Error)]
    assert warning.message.startswith("Model metadata for `loopback` not found.")
    assert [e.content for e in events if isinstance(e, Message)] == [
        "Let me run 0.",
        "Let me run 1.",
        "All done.",
    ]


def _command(start: ToolCallStart) -> object:
    """Codex hands it to a shell; Gemini CLI has it in the title alone."""
    match start.arguments:
        case {"command": [*_, command]} | {"command": command} | {"title": command}:
            return command
        case _:
            return start.arguments
