"""Understands what a command-line agent writes, line by line."""

from collections.abc import Sequence
from typing import Protocol

from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from ports.runner import Outcome


class OutputParser(Protocol):
    """One per run. Knows one agent's format, and never fails on what it does not know."""

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        """The events of one line of its standard output, in order; none of them final.

        None for a line that is not in its format at all: it is then logged like any other line.
        A line in its format of a kind it does not know gives `Raw`, the first time together
        with one `SchemaDrift`.
        """

    def end(self) -> Sequence[AgentEvent]:
        """What is owed when the output is over: tool calls without a result, a last message."""

    @property
    def outcome(self) -> Outcome | None:
        """What the agent itself said of its end; None as long as it has said nothing.

        It counts more than the exit code of its process.
        """

    @property
    def thread(self) -> AgentThread | None:
        """This conversation, as the agent has told of it, to go on with it in a later task."""


class OutputParsers(Protocol):
    def of(
        self, name: str, *, thread: AgentThread | None = None, model: str | None = None
    ) -> OutputParser | None:
        """A new parser; None for the name of no parser, as `lines` is.

        `thread` is the conversation that the run goes on with, `model` the one that the agent was
        told to use: its tokens are counted under it unless the agent names another.
        """

    @property
    def names(self) -> Sequence[str]: ...
