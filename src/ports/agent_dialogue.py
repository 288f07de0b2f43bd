"""The protocol spoken with a program while it runs: its task, and answers to its questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.approval import ApprovalDecision, ApprovalRequest
from domain.task import Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A line to write to it at once, without asking anybody."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    question_id: str
    request: ApprovalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """It no longer waits for the answer to this question."""

    question_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The task is done; it exits once its input ends."""


DialogueEvent = Reply | Question | Withdrawal | Finished


class AgentDialogue(Protocol):
    """One per run, beside the parser of the same output. Lines end with a newline."""

    @property
    def opening(self) -> str:
        """Its first input, with the task."""

    @property
    def is_open(self) -> bool:
        """Whether it may ask anything; otherwise its input ends after the opening."""

    def read(self, line: str) -> Sequence[DialogueEvent]:
        """The events of one line of its standard output, in order; empty for most.

        Raises StartFailed for an approval rule about a tool that it does not have.
        """

    def answer(self, question: Question, decision: ApprovalDecision) -> str:
        """The line to write to it. A denial becomes the result of its call."""


class AgentDialogues(Protocol):
    def of(
        self, name: str, *, text: str, rules: Mapping[str, Approval], asked: Approval | None
    ) -> AgentDialogue | None:
        """A new dialogue for the task `text`; None if `name` is no known protocol.

        `rules` are those of the profile by tool name, `asked` is the mode of the task.
        """
