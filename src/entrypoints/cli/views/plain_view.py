"""Events as plain lines or as JSON, for pipes, files and simple terminals."""

from collections.abc import Callable

from domain.process_events import Log
from entrypoints.cli.output import Output
from entrypoints.cli.views.event_lines import EventLine
from entrypoints.cli.views.event_narrator import EventNarrator
from entrypoints.cli.views.line_joiner import LineJoiner
from entrypoints.cli.views.received_event import ReceivedEvent
from entrypoints.cli.views.safe_text import without_escapes


class PlainView:
    """With `many_tasks` a heading names the task whenever it changes."""

    def __init__(
        self,
        output: Output,
        *,
        many_tasks: bool = False,
        clean: Callable[[str], str] = without_escapes,
    ) -> None:
        self._output = output
        self._clean = clean
        self._narrator = EventNarrator()
        self._heading: str | None = None if many_tasks else ""
        self._many_tasks = many_tasks
        self._lines = LineJoiner()

    def show(self, received: ReceivedEvent) -> None:
        self._head(received)
        if received.event is None:
            self._write_line(EventLine(text=received.event_type))
        elif isinstance(received.event, Log):
            if (line := self._lines.add(received.event)) is not None:
                self._write_output(line)
        else:
            for shown in self._narrator.lines(received.event):
                self._write_line(shown)

    def notice(self, text: str) -> None:
        self._output.notice(text)

    def _head(self, received: ReceivedEvent) -> None:
        heading = f"{received.agent} {received.task_id} in {received.session_id}"
        if self._many_tasks and heading != self._heading:
            self._heading = heading
            self._write_line(EventLine(text=f"== {heading}"))

    def _write_output(self, line: str) -> None:
        text = self._clean(line)
        self._narrator.has_shown(text)
        self._output.line(text)

    def _write_line(self, line: EventLine) -> None:
        for _, unfinished in self._lines.rest():
            self._write_output(unfinished)
        self._output.line(self._clean(line.text))
        if line.detail:
            self._output.line("    " + self._clean(line.detail).replace("\n", "\n    "))


class JsonView:
    def __init__(self, output: Output) -> None:
        self._output = output

    def show(self, received: ReceivedEvent) -> None:
        self._output.line(received.body)

    def notice(self, text: str) -> None:
        self._output.notice(text)
