"""Approval rules by tool name and by the protocol's kinds of tools."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.approval import approval_mode
from domain.task import Approval

_CHANGING = frozenset({"edit", "delete", "move", "execute"})
"""Kinds of tools that agents ask about; few ask before they read, search or think."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    rules: Mapping[str, Approval] = field(default_factory=dict)
    """Rules of the profile."""
    asked: Approval | None = None
    """The mode of the task."""
    has_flags: bool = False
    """The program was started with its own flags for these rules, and enforces them itself."""

    def mode(self, tool_name: str, kind: str) -> Approval:
        return approval_mode(self.rules, asked=self.asked, tool_name=tool_name, effects=(kind,))

    def strict_mode(self, tool_name: str, kind: str) -> Approval:
        """As `mode`, but `auto` for tools that change nothing, unless a rule names them."""
        named = self.rules.get(tool_name, self.rules.get(kind, "auto"))
        is_relevant = kind in _CHANGING or named != "auto"
        return self.mode(tool_name, kind) if is_relevant else "auto"

    def needs_question(self, tool_name: str, kind: str) -> bool:
        """Whether an agent may not make such a call without asking."""
        return not self.has_flags and self.strict_mode(tool_name, kind) != "auto"


NO_RULES = ApprovalRules()
