"""Turns agent output outside of the protocol into `log` events; keeps the last lines for errors."""

from collections import deque
from collections.abc import Iterator

from domain.events import AgentEvent
from domain.lines import Line, LineSplitter
from domain.process_events import Log, OutputStream
from domain.redaction import Redactor
from domain.terminal_text import plain_text
from ports.output_archive import ArchiveWriter, OutputSource
from ports.runner import RunContext

_LAST_LINES = 5
_LAST_CHARS = 500


class ArchivedLog:
    """Emits events; log lines are also written to the archive, redacted."""

    def __init__(self, context: RunContext, archive: ArchiveWriter) -> None:
        self._context = context
        self._archive = archive

    async def emit(self, event: AgentEvent) -> None:
        """Raises StorageFull and whatever emitting raises."""
        await self._context.emit(event)
        if isinstance(event, Log):
            text = self._context.redactor.text(event.line)
            await self._archive.write(
                text + "\n" * (not event.partial), OutputSource(event.stream)
            )


class AgentLog:
    """Lines of both streams are numbered together from 1, in the order of their start."""

    def __init__(self, *, redactor: Redactor, lines_before: int = 0) -> None:
        self._redactor = redactor
        self._errors = LineSplitter()
        self._count = lines_before
        self._unfinished: int | None = None
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def last_lines(self) -> str:
        """The last lines of standard error, as plain text and redacted."""
        return "\n".join(self._last)

    def error_output(self, text: str) -> Iterator[Log]:
        for line in self._errors.feed(text):
            yield self._error(line)

    def stdout_line(self, line: str) -> Iterator[Log]:
        """A line of standard output that is no message."""
        splitter = LineSplitter()
        self._count += 1
        for piece in (*splitter.feed(line), *splitter.end()):
            yield _log(piece, number=self._count, stream="stdout")

    def end(self) -> Iterator[Log]:
        for line in self._errors.end():
            yield self._error(line)

    def _error(self, line: Line) -> Log:
        if self._unfinished is None:
            self._count += 1
        number = self._unfinished or self._count
        self._unfinished = number if line.is_partial else None
        log = _log(line, number=number, stream="stderr")
        if text := plain_text(line.text).strip():
            # Before it is cut: a partial secret would not be recognised.
            self._last.append(self._redactor.text(text)[:_LAST_CHARS])
        return log


def _log(line: Line, *, number: int, stream: OutputStream) -> Log:
    text = plain_text(line.text)
    return Log(
        line=line.text,
        line_num=number,
        stream=stream,
        partial=True if line.is_partial else None,
        text=text if text != line.text else None,
    )
