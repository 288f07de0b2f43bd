"""What a tool's call may do beyond the task's own folder: what approvals are asked by."""

from typing import Literal

Effect = Literal["reads_private", "untrusted_input", "external_effect"]
"""All three together let a stranger's text send what is private to the stranger."""
EVERY_EFFECT: frozenset[Effect] = frozenset(
    {"reads_private", "untrusted_input", "external_effect"}
)
