"""Parses the output of a command-line agent line by line."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from ports.runner import Outcome


class OutputParser(Protocol):
    """One per run, for the format of one agent. Unknown input never makes it fail."""

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        """The events of one line of its standard output, in order; none of them final.

        None for a line that is not in its format: the caller logs it as text. A line of an unknown
        kind gives `Raw`, and the first of that kind also `SchemaDrift`.
        """

    def end(self) -> Sequence[AgentEvent]:
        """The events left at the end of the output: tool calls without a result, a last message."""

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that the agent reported; None until then.

        It takes precedence over the exit code of the process.
        """

    @property
    def thread(self) -> AgentThread | None:
        """The conversation that the agent reported, for a later task to resume."""


class OutputParsers(Protocol):
    def of(
        self, name: str, *, thread: AgentThread | None = None, model: str | None = None
    ) -> OutputParser | None:
        """A new parser; None if `name` is no parser, such as `lines`.

        `thread` is the conversation that the run resumes. Tokens are counted under `model` unless
        the agent reports another.
        """

    @property
    def names(self) -> Sequence[str]: ...
