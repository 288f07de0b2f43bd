"""What an agent writes beside the protocol, as `log` events, and the last of it for an error."""

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


class KeptLines:
    """Emits events, and puts what was logged into the task's output too, without secrets."""

    def __init__(self, context: RunContext, kept: ArchiveWriter) -> None:
        self._context = context
        self._kept = kept

    async def emit(self, event: AgentEvent) -> None:
        """Raises StorageFull, and what emitting raises."""
        await self._context.emit(event)
        if isinstance(event, Log):
            text = self._context.redactor.text(event.line)
            await self._kept.write(text + "\n" * (not event.partial), OutputSource(event.stream))


class AgentLog:
    """Lines are numbered from 1 over both streams, in the order in which they begin."""

    def __init__(self, *, redactor: Redactor, lines_before: int = 0) -> None:
        self._redactor = redactor
        self._errors = LineSplitter()
        self._count = lines_before
        self._unfinished: int | None = None
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def last_lines(self) -> str:
        """Of its standard error, as plain text and without secrets."""
        return "\n".join(self._last)

    def error_output(self, text: str) -> Iterator[Log]:
        for line in self._errors.feed(text):
            yield self._error(line)

    def no_message(self, line: str) -> Iterator[Log]:
        """A line of its standard output that is no message."""
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
        if said := plain_text(line.text).strip():
            # Before it is cut: half a secret is not recognised any more.
            self._last.append(self._redactor.text(said)[:_LAST_CHARS])
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
