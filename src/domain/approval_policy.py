"""Whether a call is carried out at once, asked about first, or refused."""

from collections.abc import Collection, Mapping

from domain.task import Approval

DEFAULT = "default"
"""The rule for tasks that do not say."""
APPROVAL_PLACE = "{approval}"
"""The item of a command that stands for the flags that a profile has for one of them."""
_BY_STRICTNESS: tuple[Approval, ...] = ("auto", "ask", "deny")


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
    said = [rules[effect] for effect in effects if effect in rules]
    applying = said if of_tool is None else [of_tool]
    task = asked or rules.get(DEFAULT, "auto")
    return max([task, *applying], key=_BY_STRICTNESS.index)


def strictest(rules: Mapping[str, Approval], *, asked: Approval | None) -> Approval:
    """What holds for a program that is started with one answer for all of its tools."""
    of_tools = (mode for name, mode in rules.items() if name != DEFAULT)
    return max([asked or rules.get(DEFAULT, "auto"), *of_tools], key=_BY_STRICTNESS.index)
