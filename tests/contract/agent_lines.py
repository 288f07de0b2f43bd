"""Lines of command-line agents: real ones, and ones that only look like theirs."""

import json
from pathlib import Path

from hypothesis import strategies as st

AGENTS = ["claude-code", "codex", "gemini", "qwen", "pi", "cline", "openhands"]

_DATA = Path(__file__).parents[1] / "data" / "cli_agents"
_FILES = [
    ("claude-code", "claude-code/print_stream_json.stdout.jsonl"),
    ("claude-code", "claude-code/partial_messages.stdout.jsonl"),
    ("codex", "codex/exec_json.stdout.jsonl"),
    ("gemini", "gemini-cli/p_stream_json.stdout.jsonl"),
    ("qwen", "qwen/stream_json.stdout.jsonl"),
    ("pi", "pi/mode_json.stdout.jsonl"),
    ("cline", "cline/json.stdout.jsonl"),
    ("openhands", "openhands/headless_json.stdout.raw"),
]


def _lines(name: str) -> list[str]:
    """Without the words for people that OpenHands puts around its lines."""
    lines = (_DATA / name).read_text().splitlines()
    return [line for line in lines if line.startswith("{")]


TRANSCRIPTS = [(agent, _lines(name)) for agent, name in _FILES]

_HUGE = "a number that Python would not read"
_NAMES = """aggregated_output arguments changes command completed content content_block delta
    error event exit_code id input is_error item items kind message modelUsage models name
    output parameters parent_tool_use_id path query rate_limit_info result role server
    session_id severity stats status subtype text thinking thread_id todos tool tool_id
    tool_name tool_use_id total_cost_usd type usage input_tokens output_tokens
    action args assistantMessageEvent contentIndex contentType cost delta detail errorMessage
    event finishReason input inputTokens isError llm_message observation outputTokens
    partialResult reason recoverable source stopReason success thought toolCallId toolName
    tool_call tool_call_id update"""
_KINDS = """assistant user system result stream_event rate_limit_event init message tool_use
    tool_result error text thinking message_start message_delta message_stop
    content_block_start content_block_delta text_delta thinking_delta thread.started
    turn.started turn.completed turn.failed item.started item.updated item.completed
    agent_message reasoning command_execution file_change mcp_tool_call web_search todo_list
    TodoWrite write_todos success failed in_progress api_retry one two
    session turn_start message_update message_end agent_end auto_retry_start text_start
    tool_execution_start tool_execution_update tool_execution_end toolCall toolUse stop
    agent_event hook_event run_result iteration_start content_start content_update content_end
    reasoning done notice completed MessageEvent ActionEvent ObservationEvent AgentErrorEvent
    ConversationErrorEvent agent finish"""
_NAME = st.sampled_from(_NAMES.split())
_KIND = st.sampled_from(_KINDS.split())
_LEAVES = st.one_of(
    _KIND,
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(_HUGE),
    st.floats(),
    st.sampled_from(["", "\ud800", "\x00", "NaN", "1e999", "\u2028"]),
    st.text(max_size=5),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAME, inner, max_size=5),
    max_leaves=12,
)
_REAL = st.sampled_from([line for _, lines in TRANSCRIPTS for line in lines])


def any_line() -> st.SearchStrategy[str]:
    """A line of a known type with fields of any, or a real line with one thing changed."""
    made = st.fixed_dictionaries(
        {"type": _KIND},
        optional={
            "subtype": _KIND,
            "message": _VALUES,
            "item": _item(),
            "event": _item(),
            "content": _VALUES,
        },
    )
    of_a_kind = st.fixed_dictionaries({"kind": _KIND}, optional={"source": _KIND, "id": _KIND})
    odd = st.dictionaries(_NAME, _VALUES, max_size=6) | of_a_kind
    return st.one_of(made, odd, _spoilt()).map(_dumped) | _REAL


def _item() -> st.SearchStrategy[object]:
    return st.dictionaries(_NAME, _VALUES, max_size=6) | _VALUES


@st.composite
def _spoilt(draw: st.DrawFn) -> object:
    """Some value somewhere in it is another, or is not there."""
    line = json.loads(draw(_REAL))
    part = line
    while isinstance(part, dict) and part:
        name = draw(st.sampled_from(sorted(part)))
        if not isinstance(part[name], dict) or draw(st.booleans()):
            if draw(st.booleans()):
                del part[name]
            else:
                part[name] = draw(_VALUES)
            break
        part = part[name]
    return line


def _dumped(value: object) -> str:
    return json.dumps(value).replace(f'"{_HUGE}"', "9" * 5000)
