"""The moving part of a live view: what the agent does at this moment, and what it has cost."""

from rich.console import Group
from rich.spinner import Spinner
from rich.text import Text

from domain.events import AgentEvent
from domain.process_events import Log, ProcessStarted
from domain.task_events import TaskComplete, TaskPaused, TaskQueued, TaskResumed, TaskStarted
from domain.thinking_events import (
    Message,
    MessageDelta,
    ThinkComplete,
    ThinkDelta,
    Thinking,
    TokenUsage,
)
from domain.tool_events import (
    ApprovalRequired,
    InputRequired,
    ToolCallComplete,
    ToolCallStart,
    ToolCallStream,
)
from entrypoints.cli.views.excerpt import amounts, excerpt
from entrypoints.cli.views.safe_text import without_escapes

_TAIL_CHARS = 2000
_TAIL_LINES = 6


class LiveFooter:
    def __init__(self) -> None:
        self._spinner = Spinner("dots")
        self._doing = "waiting"
        self._spent = ""
        self._tail = ""
        self._tail_of: type[AgentEvent] | None = None

    def follow(self, event: AgentEvent) -> None:
        match event:
            case ThinkDelta(text=text) | MessageDelta(text=text) | ToolCallStream(chunk=text):
                before = self._tail if self._tail_of is type(event) else ""
                self._tail, self._tail_of = (before + text)[-_TAIL_CHARS:], type(event)
            case Log(partial=True, line=text):
                self._tail = (self._tail + text)[-_TAIL_CHARS:]
            case Log() if self._tail:
                self._tail = ""
            case ThinkComplete() | Message() | ToolCallComplete() | TaskComplete():
                self._tail = ""
            case TokenUsage(total_tokens=tokens, total_cost_usd=cost, partial=partial):
                self._spent = amounts(tokens=tokens, cost_usd=cost, partial=partial is True)
            case _:
                pass
        self._doing = _doing(event) or self._doing

    def __rich__(self) -> Group:
        spent = f"  {self._spent}" if self._spent else ""
        self._spinner.update(text=Text(f"{self._doing}{spent}", style="dim", no_wrap=True))
        lines = without_escapes(self._tail).split("\n")[-_TAIL_LINES:]
        tail = Text("\n".join(lines), style="italic", no_wrap=True, overflow="ellipsis")
        return Group(tail, self._spinner) if self._tail else Group(self._spinner)


def _doing(event: AgentEvent) -> str | None:
    """None where the event does not change what goes on."""
    match event:
        case TaskQueued():
            return "queued"
        case TaskStarted() | TaskResumed() | ToolCallComplete():
            return "working"
        case TaskPaused():
            return "paused"
        case Thinking():
            return "thinking"
        case ToolCallStart(tool_name=name):
            return f"running {without_escapes(excerpt(name))}"
        case ProcessStarted(command=command):
            return f"running {without_escapes(excerpt(command, chars=60))}"
        case ApprovalRequired() | InputRequired():
            return "waiting for a person"
        case _:
            return None
