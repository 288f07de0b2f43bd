"""Events on a terminal as they come: lines above, what goes on just now below."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from domain.process_events import Log
from entrypoints.cli.views.event_line import EventLine, LineStyle
from entrypoints.cli.views.event_narrator import EventNarrator
from entrypoints.cli.views.held_lines import HeldLines
from entrypoints.cli.views.live_footer import LiveFooter
from entrypoints.cli.views.safe_text import safe_text, without_escapes
from entrypoints.cli.views.seen_event import SeenEvent

_STYLES: Mapping[LineStyle, str] = {
    "text": "",
    "step": "dim",
    "tool": "cyan",
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
}


class LiveView:
    """Shows between entering and leaving; the lines stay, the footer goes."""

    def __init__(self, *, console: Console, many_tasks: bool = False) -> None:
        self._console = console
        self._teller = EventNarrator()
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
        self._held = HeldLines()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._print_held()
        self._live.stop()

    def show(self, seen: SeenEvent) -> None:
        self._head(seen)
        event = seen.event
        if event is not None:
            self._footer.follow(event)
        if event is None:
            self._print(seen.event_type, style="dim")
        elif isinstance(event, Log):
            if (line := self._held.take(event)) is not None:
                self._print_output(line)
        else:
            self._print_held()
            for told in self._teller.lines(event):
                self._print_line(told)

    def notice(self, text: str) -> None:
        self._print(text, style="yellow")

    def _head(self, seen: SeenEvent) -> None:
        heading = f"{seen.agent} {seen.task_id} in {seen.session_id}"
        if self._many_tasks and heading != self._heading:
            self._heading = heading
            self._print(f"── {heading}", style="bold")

    def _print_held(self) -> None:
        for _, unfinished in self._held.rest():
            self._print_output(unfinished)

    def _print_output(self, line: str) -> None:
        self._teller.has_shown(without_escapes(line))
        self._print(line)

    def _print_line(self, line: EventLine) -> None:
        self._print(line.text, style=_STYLES[line.style])
        if line.detail:
            detail = "\n".join(f"    {part}" for part in line.detail.split("\n"))
            self._print(detail, style="dim")

    def _print(self, text: str, *, style: str = "") -> None:
        self._console.print(Text.from_ansi(safe_text(text), style=style), soft_wrap=True)
