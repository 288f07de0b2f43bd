"""Turns the output of an agent, whose format has a parser, into events."""

from collections.abc import Sequence

from application.programs.line_findings import LineFindings
from application.programs.output_log import OutputLog
from application.programs.process_dialogue import ProcessDialogue
from application.programs.resumption import Resumption
from domain.events import AgentEvent
from domain.lines import Line, LineSplitter
from domain.process_events import OutputStream, SchemaDrift
from domain.thinking_events import Message
from domain.tool_events import ToolCallComplete
from ports.output_parser import OutputParser
from ports.process import Output
from ports.runner import RunContext

LONGEST_CHARS = 16 * 1024 * 1024
"""A line that is longer is not parsed; it is logged in pieces."""


class ParsedOutput:
    """What the parser does not cover, and the standard error, is logged line by line."""

    def __init__(
        self,
        parser: OutputParser,
        *,
        source: str,
        log: OutputLog,
        findings: LineFindings | None,
        context: RunContext,
        dialogue: ProcessDialogue | None = None,
        longest_chars: int = LONGEST_CHARS,
    ) -> None:
        self._parser = parser
        self._source = source
        self._log = log
        self._findings = findings
        self._context = context
        self._dialogue = dialogue
        self._splitter = LineSplitter(max_chars=longest_chars)
        self._stream: OutputStream = "stdout"
        self._bytes = 0
        self._is_in_long_line = False
        self._has_reported_long_line = False
        self._has_ended = False
        self.resumption = Resumption()

    @property
    def has_unfinished(self) -> bool:
        """Not of lines that may yet be parsed, which are not shown before their end."""
        return self._log.has_unfinished

    @property
    def line_count(self) -> int:
        return self._log.line_count

    @property
    def last_line(self) -> str:
        return self._log.last_line

    @property
    def is_full(self) -> bool:
        """Whether the parsed lines pass the limit of output."""
        return self._context.ledger.is_too_much_output(self._bytes)

    async def take(self, output: Output) -> None:
        if output.stream == "stderr":
            await self._log.take(output)
            return
        self._stream = output.stream
        for line in self._splitter.feed(output.text):
            await self._take_line(line)

    async def show_unfinished(self) -> None:
        await self._log.show_unfinished()

    async def end(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        for line in self._splitter.end():
            await self._take_line(line)
        await self._log.end()
        await self._emit(self._parser.end(), line_num=0)

    async def _take_line(self, line: Line) -> None:
        if line.is_partial or self._is_in_long_line:
            await self._take_piece(line)
            return
        events = self._parser.parse(line.text)
        if events is None:
            await self._log.take(Output(stream=self._stream, text=line.text + "\n"))
            return
        self._bytes += len(line.text)
        number = self._log.next_number()
        # Before its events: one of them may end the run by a limit.
        await self._keep_thread()
        await self._emit(events, line_num=number)
        if self._findings is not None:
            await self._findings.in_document(line.text, line_num=number)
        if self._dialogue is not None:
            await self._dialogue.read(line.text)

    async def _take_piece(self, line: Line) -> None:
        self._is_in_long_line = line.is_partial
        if not self._has_reported_long_line:
            self._has_reported_long_line = True
            what = "a line that is too long to be understood"
            await self._context.emit(SchemaDrift(source=self._source, what=what))
        text = line.text if line.is_partial else line.text + "\n"
        await self._log.take(Output(stream=self._stream, text=text))

    async def _emit(self, events: Sequence[AgentEvent], *, line_num: int) -> None:
        """A line without an event is output all the same, which an idle limit waits for."""
        self.resumption.take(events)
        if self._findings is None or not events:
            await self._context.emit_all(events)
            return
        for event in events:
            await self._context.emit(event)
            if text := _readable_text(event):
                await self._findings.in_text(text, line_num=line_num)

    async def _keep_thread(self) -> None:
        if (thread := self._parser.thread) is not None and thread != self._context.thread:
            await self._context.keep_thread(thread)


def _readable_text(event: AgentEvent) -> str:
    """The text of an event that a person would have read in a terminal."""
    if isinstance(event, Message):
        return event.content
    return event.result if isinstance(event, ToolCallComplete) else ""
