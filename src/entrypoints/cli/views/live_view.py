"""Events on a live terminal: lines above, the current activity and cost below."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
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
from entrypoints.cli.views.event_lines import EventLine, LineStyle
from entrypoints.cli.views.event_narrator import EventNarrator
from entrypoints.cli.views.excerpt import amounts, excerpt
from entrypoints.cli.views.line_joiner import LineJoiner
from entrypoints.cli.views.received_event import ReceivedEvent
from entrypoints.cli.views.safe_text import safe_text, without_escapes

_TAIL_CHARS = 2000
_TAIL_LINES = 6
_STYLES: Mapping[LineStyle, str] = {
    "text": "",
    "step": "dim",
    "tool": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
}


class LiveFooter:
    def __init__(self) -> None:
        self._spinner = Spinner("dots")
        self._activity = "waiting"
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
        self._activity = _activity(event) or self._activity

    def __rich__(self) -> Group:
        spent = f"  {self._spent}" if self._spent else ""
        self._spinner.update(text=Text(f"{self._activity}{spent}", style="dim", no_wrap=True))
        lines = without_escapes(self._tail).split("\n")[-_TAIL_LINES:]
        tail = Text("\n".join(lines), style="italic", no_wrap=True, overflow="ellipsis")
        return Group(tail, self._spinner) if self._tail else Group(self._spinner)


def _activity(event: AgentEvent) -> str | None:
    """None if the event does not change the activity."""
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


class LiveView:
    """Active inside of its context; the lines stay, the footer is removed."""

    def __init__(self, *, console: Console, many_tasks: bool = False) -> None:
        self._console = console
        self._narrator = EventNarrator()
        self._footer = LiveFooter()
        self._live = Live(
            self._footer,
            console=console,
            transient=True,
            refresh_per_second=10,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._many_tasks = many_tasks
        self._heading = ""
        self._lines = LineJoiner()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._print_unfinished()
        self._live.stop()

    def show(self, received: ReceivedEvent) -> None:
        self._head(received)
        event = received.event
        if event is not None:
            self._footer.follow(event)
        if event is None:
            self._print(received.event_type, style="dim")
        elif isinstance(event, Log):
            if (line := self._lines.add(event)) is not None:
                self._print_output(line)
        else:
            self._print_unfinished()
            for shown in self._narrator.lines(event):
                self._print_line(shown)

    def notice(self, text: str) -> None:
        self._print(text, style="yellow")

    def _head(self, received: ReceivedEvent) -> None:
        heading = f"{received.agent} {received.task_id} in {received.session_id}"
        if self._many_tasks and heading != self._heading:
            self._heading = heading
            self._print(f"── {heading}", style="bold")

    def _print_unfinished(self) -> None:
        for _, unfinished in self._lines.rest():
            self._print_output(unfinished)

    def _print_output(self, line: str) -> None:
        self._narrator.has_shown(without_escapes(line))
        self._print(line)

    def _print_line(self, line: EventLine) -> None:
        self._print(line.text, style=_STYLES[line.style])
        if line.detail:
            detail = "\n".join(f"    {part}" for part in line.detail.split("\n"))
            self._print(detail, style="dim")

    def _print(self, text: str, *, style: str = "") -> None:
        self._console.print(Text.from_ansi(safe_text(text), style=style), soft_wrap=True)
