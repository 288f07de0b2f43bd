"""Turns the output of a process into `log` events, line by line."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from domain.lines import Line, LineSplitter
from domain.process_events import Log, OutputStream
from domain.terminal_text import plain_text, without_queries
from ports.clock import Clock
from ports.process import Output

_SHOW_EVERY_S = 0.05  # at most 20 events a second for a line that is not finished
_LAST_LINE_CHARS = 4096
_BURST = 256  # lines, after which limits are looked at


class OutputLog:
    """Lines are numbered from 1 over all streams, in the order in which they are first emitted."""

    def __init__(
        self,
        emit_all: Callable[[Iterable[Log]], Awaitable[None]],
        clock: Clock,
        *,
        lines_before: int = 0,
    ) -> None:
        self._emit_all = emit_all
        self._clock = clock
        self._streams: dict[OutputStream, _Stream] = {}
        self._count = lines_before
        self._last_line = ""

    @property
    def has_unfinished(self) -> bool:
        """Whether there is the beginning of a line that has not been shown."""
        return any(state.splitter.has_unfinished for state in self._streams.values())

    @property
    def line_count(self) -> int:
        return self._count

    @property
    def last_line(self) -> str:
        """The last line with a letter or a digit, else the last; plain text and not too long."""
        return self._last_line

    async def take(self, output: Output) -> None:
        state = self._streams.setdefault(output.stream, _Stream())
        lines = state.splitter.feed(output.text)
        await self._emit(output.stream, state, lines)
        now = self._clock.monotonic()
        if lines or state.unfinished_since is None:
            # From now, not from when the text was written: emitting may have taken its time.
            state.unfinished_since = now if state.splitter.has_unfinished else None
        elif now - state.unfinished_since >= _SHOW_EVERY_S:
            await self._show(output.stream, state)

    def next_number(self) -> int:
        """The number of a line that is reported otherwise than as a `log` event."""
        self._count += 1
        return self._count

    @property
    def is_full(self) -> bool:
        """Never: the ledger counts the `log` events and ends the run."""
        return False

    async def show_unfinished(self) -> None:
        """Emit the beginnings of unfinished lines: prompts, progress bars."""
        for stream, state in self._streams.items():
            await self._show(stream, state)

    async def end(self) -> None:
        for stream, state in self._streams.items():
            await self._emit(stream, state, state.splitter.end())

    async def _show(self, stream: OutputStream, state: "_Stream") -> None:
        if (piece := state.splitter.show_unfinished()) is not None:
            await self._emit(stream, state, (piece,))
        state.unfinished_since = self._clock.monotonic()

    async def _emit(self, stream: OutputStream, state: "_Stream", lines: Sequence[Line]) -> None:
        for start in range(0, len(lines), _BURST):
            burst = lines[start : start + _BURST]
            # Each is numbered when it is taken, so that a cancel in between leaves no gap.
            await self._emit_all(self._log(stream, state, line) for line in burst)

    def _log(self, stream: OutputStream, state: "_Stream", line: Line) -> Log:
        text = plain_text(line.text)
        # Plain text holds no terminal queries, so most lines are searched only once.
        shown = line.text if text == line.text else without_queries(line.text)
        number = self._number(state, line)
        self._remember(state, line, text)
        return Log(
            line=shown,
            line_num=number,
            stream=stream,
            partial=True if line.is_partial else None,
            text=text if text != shown else None,
        )

    def _number(self, state: "_Stream", line: Line) -> int:
        number = state.number
        if number is None:
            number = self.next_number()
        state.number = number if line.is_partial else None
        return number

    def _remember(self, state: "_Stream", line: Line, text: str) -> None:
        before = "" if "\r" in line.text else state.shown
        shown = (before + text)[:_LAST_LINE_CHARS]
        state.shown = shown if line.is_partial else ""
        if line.is_partial or not (text_of_line := shown.strip()):
            return
        # Many programs end with a spinner or a rule: a line with text before that is the better one.
        if _is_text(text_of_line) or not _is_text(self._last_line):
            self._last_line = text_of_line


def _is_text(text: str) -> bool:
    return any(map(str.isalnum, text))


@dataclass(slots=True)
class _Stream:
    splitter: LineSplitter = field(default_factory=LineSplitter)
    number: int | None = None
    """The number of a line of which a piece was shown."""
    shown: str = ""
    unfinished_since: float | None = None
