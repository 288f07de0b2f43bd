"""Whether a call is made at once, asked about first or refused; the question and its answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.ids import AgentName, ApprovalId, SessionId, SessionKey, TaskId
from domain.json_values import require_finite, storable_text, without_surrogates
from domain.principal import Principal
from domain.task import Approval

Verdict = Literal["approve", "deny"]
"""The answers that a person can give."""
Decision = Literal["approved", "denied", "expired"]
"""`expired` permits as little as `denied`."""
ApprovalStatus = Literal["pending", "approved", "denied", "expired"]

POLICY = "policy"
"""Who decides when no person does."""

Effect = Literal["reads_private", "untrusted_input", "external_effect"]
"""What a call may do beyond its task's own folder. All three together let a stranger's text send
what is private to the stranger."""
EVERY_EFFECT: frozenset[Effect] = frozenset(
    {"reads_private", "untrusted_input", "external_effect"}
)

DEFAULT_RULE = "default"
"""The rule for tasks without a mode of their own."""
APPROVAL_PLACE = "{approval}"
"""The item of a command that stands for the profile's flags of the approval mode."""
_BY_STRICTNESS: tuple[Approval, ...] = ("auto", "ask", "deny")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What a run asks approval for; the answer is bound to exactly these arguments."""

    call_id: str
    tool_name: str
    arguments: Mapping[str, object]
    reason: str
    mode: Approval | None = None
    """Whether to ask at all; None leaves it to the task."""

    def __post_init__(self) -> None:
        require_finite(self.arguments)

    def storable(self) -> "ApprovalRequest":
        """A deep copy that every store accepts, unaffected by later changes of the arguments."""
        return replace(
            self,
            call_id=storable_text(self.call_id),
            tool_name=storable_text(self.tool_name),
            arguments={
                without_surrogates(name): _without_surrogates(item)
                for name, item in self.arguments.items()
            },
            reason=storable_text(self.reason),
            mode=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecision:
    decision: Decision
    by: str
    reason: str | None = None

    @property
    def is_approved(self) -> bool:
        return self.decision == "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredApproval:
    approval_id: ApprovalId
    principal: Principal
    task_id: TaskId
    session_key: SessionKey
    session_id: SessionId
    agent: AgentName
    request: ApprovalRequest
    fingerprint: str
    """Of the tool's name and the arguments, which the answer is bound to."""
    status: ApprovalStatus
    created_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_reason: str | None = None
    decided_at: datetime | None = None

    @property
    def decision(self) -> ApprovalDecision | None:
        """None while it is pending."""
        if self.status == "pending":
            return None
        by = self.decided_by or POLICY
        return ApprovalDecision(decision=self.status, by=by, reason=self.decided_reason)


def approval_mode(
    rules: Mapping[str, Approval],
    *,
    asked: Approval | None,
    tool_name: str,
    effects: Collection[str],
) -> Approval:
    """`rules` are an agent's, by the names of tools and of effects; `asked` is the task's.

    A rule for the tool stands in place of those for its effects. A task may be stricter than its
    agent's rules, never laxer: whoever submits it may be another than who wrote them.
    """
    of_tool = rules.get(tool_name)
    of_effects = [rules[effect] for effect in effects if effect in rules]
    applying = of_effects if of_tool is None else [of_tool]
    task = asked or rules.get(DEFAULT_RULE, "auto")
    return max([task, *applying], key=_BY_STRICTNESS.index)


def strictest_mode(rules: Mapping[str, Approval], *, asked: Approval | None) -> Approval:
    """The mode of a program that takes one mode for all of its tools."""
    of_tools = (mode for name, mode in rules.items() if name != DEFAULT_RULE)
    return max([asked or rules.get(DEFAULT_RULE, "auto"), *of_tools], key=_BY_STRICTNESS.index)


def _without_surrogates(value: object) -> object:
    match value:
        case str():
            return without_surrogates(value)
        case Mapping():
            return {
                without_surrogates(str(name)): _without_surrogates(item)
                for name, item in value.items()
            }
        case Sequence():
            return [_without_surrogates(item) for item in value]
        case _:
            return value
