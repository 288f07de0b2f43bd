"""Which calls of an agent are asked about."""

from collections.abc import Mapping

import pytest

from domain.approval import approval_mode, strictest_mode
from domain.task import Approval

EFFECTS = ("untrusted_input", "external_effect")


@pytest.mark.parametrize(
    ("rules", "asked", "mode"),
    [
        ({}, None, "auto"),
        ({}, "ask", "ask"),
        ({"default": "ask"}, None, "ask"),
        ({"default": "ask"}, "auto", "auto"),
        ({"external_effect": "ask"}, "auto", "ask"),
        ({"external_effect": "ask", "untrusted_input": "deny"}, None, "deny"),
        ({"external_effect": "ask", "fetch": "auto"}, None, "auto"),
        ({"fetch": "deny"}, "auto", "deny"),
        ({"fetch": "auto"}, "ask", "ask"),
        ({"other": "deny", "reads_private": "deny"}, None, "auto"),
    ],
)
def test_the_strictest_rule_that_applies_decides(
    rules: Mapping[str, Approval], asked: Approval | None, mode: Approval
) -> None:
    assert approval_mode(rules, asked=asked, tool_name="fetch", effects=EFFECTS) == mode


@pytest.mark.parametrize(
    ("rules", "asked", "mode"),
    [
        ({}, None, "auto"),
        ({}, "deny", "deny"),
        ({"default": "ask"}, None, "ask"),
        ({"default": "ask"}, "auto", "auto"),
        ({"default": "ask", "fetch": "deny"}, "auto", "deny"),
        ({"fetch": "auto"}, "ask", "ask"),
    ],
)
def test_a_program_with_one_mode_for_all_its_tools_gets_the_strictest(
    rules: Mapping[str, Approval], asked: Approval | None, mode: Approval
) -> None:
    assert strictest_mode(rules, asked=asked) == mode
