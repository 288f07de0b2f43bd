"""The output of a run on its way to its events, looked at by the rules of its profile."""

import asyncio
from collections.abc import Sequence

from application.programs.outcome_rules import OutcomeRules
from application.programs.output_reading import OutputReading
from domain.agent_thread import AgentThread
from domain.lines import Line, LineSplitter
from domain.process_events import OutputStream
from domain.thinking_events import Message
from ports.process import Output
from ports.runner import RunContext

_LONGEST_CHARS = 1024 * 1024  # of a line; the whole conversation of an agent may stand in one
_MOMENT_S = 0.01  # after which others have their turn


class RuledOutput:
    """Each stream is read in whole lines, whatever else makes events of them.

    `begun` is the conversation that its first words are a sign of, unless one is known.
    """

    def __init__(
        self,
        reading: OutputReading,
        *,
        rules: OutcomeRules,
        context: RunContext,
        begun: AgentThread | None = None,
    ) -> None:
        self._reading = reading
        self._rules = rules
        self._context = context
        self._begun = begun
        self._streams: dict[OutputStream, LineSplitter] = {}
        self._has_ended = False

    @property
    def has_unfinished(self) -> bool:
        return self._reading.has_unfinished

    @property
    def is_full(self) -> bool:
        return self._reading.is_full

    @property
    def last_line(self) -> str:
        return self._reading.last_line

    async def show_unfinished(self) -> None:
        await self._reading.show_unfinished()

    async def take(self, output: Output) -> None:
        splitter = self._streams.get(output.stream)
        if splitter is None:
            splitter = self._streams[output.stream] = LineSplitter(max_chars=_LONGEST_CHARS)
        # Sooner than the events, of which one may end the run by a limit.
        await self._look(splitter.feed(output.text))
        await self._reading.take(output)

    async def end(self) -> None:
        for splitter in self._streams.values():
            await self._look(splitter.end())
        await self._reading.end()
        if (answer := self._rules.answer) is not None and not self._has_ended:
            self._has_ended = True
            message = Message(message_id="answer", role="assistant", content=answer)
            await self._context.emit(message)

    async def _look(self, lines: Sequence[Line]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _MOMENT_S
        for line in lines:
            if given_up := self._rules.look(line.text):
                await self._context.emit_all(given_up)
            if loop.time() > until:
                await asyncio.sleep(0)
                until = loop.time() + _MOMENT_S
        known = self._context.thread
        thread = self._rules.thread or known or self._begun
        if thread is not None and thread != known:
            await self._context.keep_thread(thread)
