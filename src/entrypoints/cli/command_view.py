"""A command's output as if it had been run without an agent around it."""

from collections.abc import Callable

from domain.process_events import Log
from domain.task_events import FinalEvent, TaskComplete, TaskFailed
from entrypoints.cli.output import Output
from entrypoints.cli.seen_event import SeenEvent
from entrypoints.cli.task_lines import final_line


class CommandView:
    """Its two streams stay two; of the task itself only a bad end is told."""

    def __init__(self, output: Output, *, clean: Callable[[str], str]) -> None:
        self._output = output
        self._clean = clean

    def show(self, seen: SeenEvent) -> None:
        event = seen.event
        if isinstance(event, Log):
            self._write(event)
        elif isinstance(event, FinalEvent) and not _is_its_own_end(event):
            self.notice(f"agentcast: {final_line(event).text}")

    def notice(self, text: str) -> None:
        self._output.notice(text)

    def _write(self, log: Log) -> None:
        text = f"{self._clean(log.line)}{'' if log.partial else chr(10)}"
        if log.stream == "stderr":
            self._output.write_error(text)
        else:
            self._output.write(text)


def _is_its_own_end(event: FinalEvent) -> bool:
    ended = isinstance(event, TaskFailed) and event.reason == "exit_code"
    return ended or isinstance(event, TaskComplete)
