"""A command's output as if it had been run without an agent around it."""

from collections.abc import Callable

from domain.process_events import Log, OutputStream
from domain.task_events import FinalEvent, TaskComplete, TaskFailed
from entrypoints.cli.output import Output
from entrypoints.cli.views.held_lines import HeldLines
from entrypoints.cli.views.seen_event import SeenEvent
from entrypoints.cli.views.task_lines import final_line

_REWRITE = "\r\x1b[K"


class CommandView:
    """Its two streams stay two; of the task itself only a bad end is told.

    On a terminal a line that is still being written - a prompt, a progress bar - is shown as it
    grows; elsewhere lines come whole.
    """

    def __init__(self, output: Output, *, clean: Callable[[str], str]) -> None:
        self._output = output
        self._clean = clean
        self._held = HeldLines()
        self._is_in_line = False

    def show(self, seen: SeenEvent) -> None:
        event = seen.event
        if isinstance(event, Log):
            self._take(event)
        elif isinstance(event, FinalEvent):
            for stream, text in self._held.rest():
                self._write_line(stream, text)
            if not _is_its_own_end(event):
                self.notice(f"agentcast: {final_line(event).text}")

    def notice(self, text: str) -> None:
        self._output.notice(text)

    def _take(self, log: Log) -> None:
        line = self._held.take(log)
        if line is not None:
            self._write_line(log.stream, line)
        elif self._output.is_terminal and log.stream != "stderr":
            self._show_unfinished(self._clean(self._held.unfinished(log)))

    def _show_unfinished(self, text: str) -> None:
        # A line that wraps cannot be written over.
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


def _is_its_own_end(event: FinalEvent) -> bool:
    ended = isinstance(event, TaskFailed) and event.reason == "exit_code"
    return ended or isinstance(event, TaskComplete)
