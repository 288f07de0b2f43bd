"""What real agents wrote becomes these events, in full."""

import pytest

from tests.unit.cli_agents.transcript import golden, lines_of, new_parser, understood

TRANSCRIPTS = {
    "claude-code/print_stream_json.stdout.jsonl": "claude-code",
    "claude-code/partial_messages.stdout.jsonl": "claude-code",
    "codex/exec_json.stdout.jsonl": "codex",
    "codex/exec_json.pty.raw": "codex",
    "gemini-cli/p_stream_json.stdout.jsonl": "gemini",
    "fail/claude-code-400.raw": "claude-code",
    "fail/claude-code-401.raw": "claude-code",
    "fail/claude-code-500.raw": "claude-code",
    "fail/codex-400.raw": "codex",
    "fail/codex-401.raw": "codex",
    "fail/codex-500.raw": "codex",
    "fail/gemini-cli-400.raw": "gemini",
    "fail/gemini-cli-401.raw": "gemini",
    "fail/gemini-cli-500.raw": "gemini",
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_becomes_the_events_that_it_tells_of(name: str) -> None:
    parser = new_parser(TRANSCRIPTS[name])

    told = understood(parser, lines_of(name))

    assert told == golden(name)


def test_the_screen_of_a_terminal_program_is_not_taken_for_its_lines() -> None:
    parser = new_parser("claude-code")
    lines = lines_of("claude-code/tui.raw")

    assert [parser.parse(line) for line in lines] == [None] * len(lines)
    assert (parser.outcome, parser.thread) == (None, None)
