"""What an agent may do, by the names of its tools and the protocol's kinds of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.approval import approval_mode
from domain.task import Approval

_CHANGING = frozenset({"edit", "delete", "move", "execute"})
"""Kinds of tools that agents ask about; hardly one asks before it reads, searches or thinks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    rules: Mapping[str, Approval] = field(default_factory=dict)
    """Of the profile."""
    asked: Approval | None = None
    """Of the task."""
    has_flags: bool = False
    """The program was started with flags of its own for them, which it keeps to unasked."""

    def mode(self, tool_name: str, kind: str) -> Approval:
        return approval_mode(self.rules, asked=self.asked, tool_name=tool_name, effects=(kind,))

    def strict_mode(self, tool_name: str, kind: str) -> Approval:
        """`auto` for what changes nothing, unless a rule names it."""
        named = self.rules.get(tool_name, self.rules.get(kind, "auto"))
        is_minded = kind in _CHANGING or named != "auto"
        return self.mode(tool_name, kind) if is_minded else "auto"

    def needs_question(self, tool_name: str, kind: str) -> bool:
        """Whether an agent may not make such a call without asking."""
        return not self.has_flags and self.strict_mode(tool_name, kind) != "auto"


NO_RULES = ApprovalRules()
