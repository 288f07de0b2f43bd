"""Events as plain lines, for pipes, files and simple terminals."""

from collections.abc import Callable

from domain.process_events import Log
from entrypoints.cli.output import Output
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.event_narrator import EventNarrator
from entrypoints.cli.views.held_lines import HeldLines
from entrypoints.cli.views.safe_text import without_escapes
from entrypoints.cli.views.seen_event import SeenEvent


class PlainView:
    """With `many_tasks`, a heading says whose events follow whenever that changes."""

    def __init__(
        self,
        output: Output,
        *,
        many_tasks: bool = False,
        clean: Callable[[str], str] = without_escapes,
    ) -> None:
        self._output = output
        self._clean = clean
        self._teller = EventNarrator()
        self._heading: str | None = None if many_tasks else ""
        self._many_tasks = many_tasks
        self._held = HeldLines()

    def show(self, seen: SeenEvent) -> None:
        self._head(seen)
        if seen.event is None:
            self._write_line(EventLine(text=seen.event_type))
        elif isinstance(seen.event, Log):
            if (line := self._held.take(seen.event)) is not None:
                self._write_output(line)
        else:
            for told in self._teller.lines(seen.event):
                self._write_line(told)

    def notice(self, text: str) -> None:
        self._output.notice(text)

    def _head(self, seen: SeenEvent) -> None:
        heading = f"{seen.agent} {seen.task_id} in {seen.session_id}"
        if self._many_tasks and heading != self._heading:
            self._heading = heading
            self._write_line(EventLine(text=f"== {heading}"))

    def _write_output(self, line: str) -> None:
        text = self._clean(line)
        self._teller.has_shown(text)
        self._output.line(text)

    def _write_line(self, line: EventLine) -> None:
        for _, unfinished in self._held.rest():
            self._write_output(unfinished)
        self._output.line(self._clean(line.text))
        if line.detail:
            self._output.line("    " + self._clean(line.detail).replace("\n", "\n    "))
