"""Events as they are in the log, one to a line, for programs."""

from entrypoints.cli.output import Output
from entrypoints.cli.views.seen_event import SeenEvent


class JsonView:
    def __init__(self, output: Output) -> None:
        self._output = output

    def show(self, seen: SeenEvent) -> None:
        self._output.line(seen.body)

    def notice(self, text: str) -> None:
        self._output.notice(text)
