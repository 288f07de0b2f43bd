"""What each ready-made agent can and cannot do, as `docs/agents.md` shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = {
    "basic": "basic run",
    "400": "refused with 400",
    "401": "401",
    "429": "429",
    "500": "500",
    "ask": "`ask`",
    "deny": "`deny`",
    "cancel": "cancel in a tool call",
    "deadline": "deadline",
    "idle": "idle",
    "next": "next task",
    "usage": "usage",
}
_REFUSED = ("model_error",) * 4
_ENDS = ("ends",) * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    agent: str
    program: str
    version: str
    cells: Sequence[str]
    """In the order of the columns."""
    tried: str | None = None
    """The day on which it was run by hand: it is too large to be installed for each run of the
    tests. It is run where its program is on the PATH."""


def row(
    agent: str,
    program: str,
    version: str,
    *,
    basic: str = "works",
    ask: str,
    deny: str,
    next_task: str = "goes on",
    usage: str = "all",
    tried: str | None = None,
) -> Row:
    cells = (basic, *_REFUSED, ask, deny, *_ENDS, next_task, usage)
    return Row(agent=agent, program=program, version=version, cells=cells, tried=tried)


_TRIED = "2026-11-29"
_UNSEEN = "works, without tool calls"  # of what writes plain lines
_PART = "part, and says so"
ROWS = (
    row("claude-code", "claude", "2.1.197", ask="asks", deny="kept"),
    row("codex", "codex", "0.169.0", ask="422", deny="kept"),
    row("gemini", "gemini", "0.61.0", ask="422", deny="kept"),
    row("gemini-acp", "gemini", "0.61.0", ask="asks", deny="kept"),
    row("opencode", "opencode", "1.18.33", ask="asks", deny="kept", usage=_PART),
    row(
        "claude-code-acp",
        "claude-agent-acp",
        "0.49.0",
        ask="asks",
        deny="kept",
    ),
    row("codex-acp", "codex-acp", "0.16.0", ask="asks", deny="kept", usage=_PART),
    row("qwen", "qwen", "0.15.10", ask="422", deny="kept"),
    row("qwen-acp", "qwen", "0.15.10", ask="asks", deny="kept"),
    row("pi", "pi", "0.73.1", ask="422", deny="kept"),
    row("cline", "cline", "3.0.65", ask="422", deny="kept", next_task="starts over"),
    row("openhands", "openhands", "1.16.0", ask="422", deny="422", usage="none", tried=_TRIED),
    row(
        "aider",
        "aider",
        "0.86.2",
        basic=_UNSEEN,
        ask="422",
        deny="kept",
        usage="none",
        tried=_TRIED,
    ),
    row(
        "mini-swe-agent",
        "mini",
        "2.4.6",
        basic=_UNSEEN,
        ask="422",
        deny="422",
        next_task="starts over",
        usage="none",
        tried=_TRIED,
    ),
    row(
        "llm",
        "llm",
        "0.36",
        basic="answers",
        ask="422",
        deny="422",
        usage="none",
        tried=_TRIED,
    ),
)


def table() -> str:
    """In Markdown."""
    head = ["agent", "version", *COLUMNS.values()]
    lines = [head, ["---"] * len(head), *map(_line, ROWS)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _line(one: Row) -> list[str]:
    by_hand = f" (by hand, {one.tried})" if one.tried else ""
    return [f"`{one.agent}`", f"{one.version}{by_hand}", *one.cells]
