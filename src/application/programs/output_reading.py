"""What a process writes, on its way to the log file, the screen and the events."""

from dataclasses import replace
from typing import Protocol

from application.programs.live_terminals import LiveTerminal
from domain.process_events import OutputStream
from domain.redaction import Redactor, StreamRedactor, without_service_keys
from ports.output_archive import ArchiveWriter
from ports.process import Output


class OutputReading(Protocol):
    """Turns the output of a process into events. Awaiting it is the back-pressure: a process that
    writes faster than its events are stored is held back.
    """

    @property
    def has_unfinished(self) -> bool:
        """Whether there is the beginning of a line that has not been shown."""

    @property
    def is_full(self) -> bool:
        """Whether the output passed the limit of the task."""

    @property
    def last_line(self) -> str:
        """The last logged line with a letter or a digit, else the last; plain text, bounded."""

    async def take(self, output: Output) -> None: ...

    async def show_unfinished(self) -> None:
        """Emit the beginnings of unfinished lines: prompts, progress bars."""

    async def end(self) -> None:
        """The output has ended. Calling it again does nothing."""


class RedactedOutput:
    """Writes output to the log file, the screen and a reading, without secrets.

    What may yet become a secret is held back until more comes, or the end.
    """

    def __init__(
        self,
        redactor: Redactor,
        *,
        kept: ArchiveWriter,
        terminal: LiveTerminal,
        reading: OutputReading,
    ) -> None:
        self._redactor = redactor
        self._kept = kept
        self._terminal = terminal
        self._reading = reading
        self._streams: dict[OutputStream, StreamRedactor] = {}

    async def take(self, output: Output) -> None:
        if self._redactor.has_secrets:
            output = replace(output, text=self._stream(output.stream).feed(output.text))
        if output.text:
            # The reading gets it with such keys: its events are masked whole, where more are found.
            text = without_service_keys(output.text)
            await self._kept.write(text)
            await self._terminal.feed(text)
            await self._reading.take(output)

    async def end(self) -> None:
        """The output has ended. Calling it again does nothing."""
        for name, stream in self._streams.items():
            if rest := stream.end():
                await self._kept.write(rest)
                await self._terminal.feed(rest)
                await self._reading.take(Output(stream=name, text=rest))
        await self._reading.end()

    def _stream(self, name: OutputStream) -> StreamRedactor:
        if (stream := self._streams.get(name)) is None:
            stream = self._streams[name] = self._redactor.stream()
        return stream
