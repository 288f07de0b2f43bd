"""The output of a command as if it were run directly."""

from collections.abc import Callable

from domain.process_events import Log, OutputStream
from domain.task_events import FinalEvent, TaskComplete, TaskFailed
from entrypoints.cli.output import Output
from entrypoints.cli.views.event_lines import final_line
from entrypoints.cli.views.line_joiner import LineJoiner
from entrypoints.cli.views.received_event import ReceivedEvent

_REWRITE = "\r\x1b[K"


class CommandView:
    """stdout and stderr stay separate; of the task only a failure is shown.

    On a terminal an unfinished line (prompt, progress bar) is shown as it grows; elsewhere lines
    are complete.
    """

    def __init__(self, output: Output, *, clean: Callable[[str], str]) -> None:
        self._output = output
        self._clean = clean
        self._lines = LineJoiner()
        self._is_in_line = False

    def show(self, received: ReceivedEvent) -> None:
        event = received.event
        if isinstance(event, Log):
            self._take(event)
        elif isinstance(event, FinalEvent):
            for stream, text in self._lines.rest():
                self._write_line(stream, text)
            if not _is_own_end(event):
                self.notice(f"agentcast: {final_line(event).text}")

    def notice(self, text: str) -> None:
        self._output.notice(text)

    def _take(self, log: Log) -> None:
        line = self._lines.add(log)
        if line is not None:
            self._write_line(log.stream, line)
        elif self._output.is_terminal and log.stream != "stderr":
            self._show_unfinished(self._clean(self._lines.unfinished(log)))

    def _show_unfinished(self, text: str) -> None:
        # A wrapped line cannot be overwritten.
        if len(text) < self._output.columns:
            self._output.write(f"{_REWRITE}{text}")
            self._is_in_line = True

    def _write_line(self, stream: OutputStream, line: str) -> None:
        text = f"{_REWRITE if self._is_in_line else ''}{self._clean(line)}\n"
        self._is_in_line = False
        if stream == "stderr":
            self._output.write_error(text)
        else:
            self._output.write(text)


def _is_own_end(event: FinalEvent) -> bool:
    ended = isinstance(event, TaskFailed) and event.reason == "exit_code"
    return ended or isinstance(event, TaskComplete)
