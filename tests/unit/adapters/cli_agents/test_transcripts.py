"""What real agents wrote becomes these events, in full."""

import pytest

from tests.unit.adapters.cli_agents.transcript import (
    golden,
    lines_of,
    new_parser,
    parsed_transcript,
)

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
    "qwen/stream_json.stdout.jsonl": "qwen",
    "qwen/stream_json_failing_calls.stdout.jsonl": "qwen",
    "pi/mode_json.stdout.jsonl": "pi",
    "pi/mode_json_failing_calls.stdout.jsonl": "pi",
    "cline/json.stdout.jsonl": "cline",
    "cline/json_failing_calls.stdout.jsonl": "cline",
    "openhands/headless_json.stdout.raw": "openhands",
    "openhands/headless_json_failing_calls.stdout.raw": "openhands",
    "fail/qwen-400.raw": "qwen",
    "fail/qwen-401.raw": "qwen",
    "fail/qwen-429.raw": "qwen",
    "fail/qwen-500.raw": "qwen",
    "fail/pi-400.raw": "pi",
    "fail/pi-401.raw": "pi",
    "fail/pi-429.raw": "pi",
    "fail/pi-500.raw": "pi",
    "fail/cline-400.raw": "cline",
    "fail/cline-401.raw": "cline",
    "fail/cline-429.raw": "cline",
    "fail/cline-500.raw": "cline",
    "fail/openhands-400.raw": "openhands",
    "fail/openhands-401.raw": "openhands",
    "fail/openhands-429.raw": "openhands",
    "fail/openhands-500.raw": "openhands",
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_becomes_its_golden_events(name: str) -> None:
    parser = new_parser(TRANSCRIPTS[name])

    events_from = parsed_transcript(parser, lines_of(name))

    assert events_from == golden(name)


def test_terminal_output_is_not_mistaken_for_json_lines() -> None:
    parser = new_parser("claude-code")
    lines = lines_of("claude-code/tui.raw")

    assert [parser.parse(line) for line in lines] == [None] * len(lines)
    assert (parser.outcome, parser.thread) == (None, None)
