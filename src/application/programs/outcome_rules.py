"""Finds in a program's output, by the rules of its profile, how its task ends."""

import asyncio
from collections.abc import Sequence

from application.programs.output_reading import OutputReading
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread, thread_name
from domain.errors import InvalidInput
from domain.extraction import ExtractionRule, Found
from domain.lines import Line, LineSplitter
from domain.process_events import OutputStream
from domain.task_events import Error
from domain.terminal_text import plain_text
from domain.thinking_events import Message
from ports.pattern_matcher import PatternMatcher
from ports.process import Output
from ports.runner import Failed, RunContext

_ANSWER, _THREAD = "answer", "thread"
_ANSWER_CHARS = 128 * 1024
_ERROR_CHARS = 4096
_ECHOED_EOF = "^D"  # a pseudo-terminal echoes the end of input before the first line
_LONGEST_CHARS = 1024 * 1024  # of a line; the whole conversation of an agent may stand in one
_MOMENT_S = 0.01  # after which others have their turn


def check_rules_of(profile: AgentProfile, matcher: PatternMatcher) -> None:
    """Raises InvalidInput for a rule of the profile that cannot be used, by its field."""
    matcher.ready(profile.rules)
    matcher.ready(_failure_rules(profile), field="failure")
    for rule in _single_rules(profile):
        try:
            matcher.ready([rule], field=rule.name)
        except InvalidInput as error:
            field = error.field.replace(f"{rule.name}.0", rule.name)
            raise InvalidInput(field, str(error)) from error


class OutcomeRules:
    """Applies a profile's rules to each whole line of a run; the findings are read at its end."""

    def __init__(self, profile: AgentProfile, matcher: PatternMatcher) -> None:
        """Raises InvalidInput for a rule that cannot be used."""
        failures = _failure_rules(profile)
        self._failures = {
            rule.name: failure for rule, failure in zip(failures, profile.failure, strict=True)
        }
        rules = [*failures, *_single_rules(profile)]
        self.is_empty = not rules
        self._rules = matcher.ready(rules, most_chars=_ANSWER_CHARS)
        self._given_up = 0
        self.failure: Failed | None = None
        """Found in the first line that matched, by the first rule that matched it."""
        self.answer: str | None = None
        """Found in the last line that matched; so is the thread."""
        self.thread: AgentThread | None = None

    def look(self, line: str) -> Sequence[Error]:
        """Returns an error for each rule that took too long for this line, and is not tried again."""
        # For paths too: JSON has no escapes, a terminal may add some.
        text = plain_text(line)
        for found in self._rules.find(text.removeprefix(_ECHOED_EOF), text=text):
            if found.value:
                self._remember(found, text.strip())
        slow = self._rules.too_slow[self._given_up :]
        self._given_up += len(slow)
        return [_given_up(name) for name in slow]

    def _remember(self, found: Found, line: str) -> None:
        if found.rule == _ANSWER:
            self.answer = str(found.value)
        elif found.rule == _THREAD:
            name = thread_name(str(found.value))
            self.thread = AgentThread(id=name) if name else self.thread
        elif self.failure is None:
            rule = self._failures[found.rule]
            is_path = rule.json_path is not None
            message = found.value if is_path else (found.groups or {}).get("message")
            text = message.strip() if isinstance(message, str) else ""
            self.failure = Failed(error=(text or line)[:_ERROR_CHARS], reason=rule.reason)


def _failure_rules(profile: AgentProfile) -> list[ExtractionRule]:
    return [rule.named(f"failure.{at}") for at, rule in enumerate(profile.failure)]


def _single_rules(profile: AgentProfile) -> list[ExtractionRule]:
    rules = {_ANSWER: profile.answer, _THREAD: profile.thread}
    return [rule.named(name) for name, rule in rules.items() if rule is not None]


def _given_up(name: str) -> Error:
    message = f"The rule {name!r} of the agent takes too long and is not tried any more."
    return Error(message=message, phase="extraction", recoverable=True)


class RuledReading:
    """Applies the rules to the whole lines of each stream, and hands the output on to a reading.

    `begun` is the conversation that the first output is a sign of, unless one is kept.
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
        # Before the events: one of them may end the run by a limit.
        await self._apply(splitter.feed(output.text))
        await self._reading.take(output)

    async def end(self) -> None:
        for splitter in self._streams.values():
            await self._apply(splitter.end())
        await self._reading.end()
        if (answer := self._rules.answer) is not None and not self._has_ended:
            self._has_ended = True
            message = Message(message_id="answer", role="assistant", content=answer)
            await self._context.emit(message)

    async def _apply(self, lines: Sequence[Line]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _MOMENT_S
        for line in lines:
            if given_up := self._rules.look(line.text):
                await self._context.emit_all(given_up)
            if loop.time() > until:
                await asyncio.sleep(0)
                until = loop.time() + _MOMENT_S
        kept = self._context.thread
        thread = self._rules.thread or kept or self._begun
        if thread is not None and thread != kept:
            await self._context.keep_thread(thread)
