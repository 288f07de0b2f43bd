"""What is said to a program while it runs: its task, and whether it may do what it asks to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.approval import ApprovalDecision, ApprovalRequest
from domain.task import Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What it is answered without asking anybody."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    question_id: str
    request: ApprovalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """It does not wait for the answer to this question any more."""

    question_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """It has done its task, and ends when its input does."""


Heard = Reply | Question | Withdrawal | Farewell


class AgentDialogue(Protocol):
    """One per run, beside the parser of the same output. Lines end with a newline."""

    @property
    def opening(self) -> str:
        """Its first input: the task, and what it needs to know before it."""

    @property
    def is_open(self) -> bool:
        """Whether it may ask something; otherwise its input ends with the opening."""

    def hear(self, line: str) -> Sequence[Heard]:
        """What one line of its standard output asks for, in order; nothing for most.

        Raises StartFailed for a rule about a tool that it does not have.
        """

    def answer(self, question: Question, decision: ApprovalDecision) -> str:
        """The line that says so to it. What is denied becomes the result of its call."""


class AgentDialogues(Protocol):
    def of(
        self, name: str, *, text: str, rules: Mapping[str, Approval], asked: Approval | None
    ) -> AgentDialogue | None:
        """A new dialogue about the task of this text; None for the name of no protocol.

        `rules` are the agent's, by the names of its tools, `asked` is the task's.
        """
